// The pictures of the documents, taken from the demo's outage: `make pictures`. They lie in
// docs/pictures and are what a reader sees who plays the demo: the first page whole, of the others
// what fits a window.
// usage: node pictures.mjs TOWND_BINARY DIRECTORY

import {statSync} from 'node:fs';
import {join} from 'node:path';
import {check, run, until} from './stage.mjs';

const bytes_max = 200_000;

async function visit(page, path) {
  await page.goto(path);
  await until('the page to be live',
    async () => !/connecting/.test(await page.locator('body').innerText()));
}

async function take(on, page, name) {
  await on.picture(page, name);
  const {size} = statSync(join(on.pictures, name + '.png'));
  check(size <= bytes_max, `${name}.png has ${size} bytes, more than ${bytes_max}`);
}

// The address that a reader would click.
async function address(page, selector) {
  const links = page.locator(selector);
  check(await links.count() > 0, `no ${selector} on ${page.url()}`);
  return links.first().evaluate(node => node.href);
}

await run('pictures', async on => {
  await on.begin(['--outage-for', '100s']);
  await until('the outage', () => /outage opens/.test(on.said));
  // A while into it: errors have a history, and probes were sent.
  await new Promise(then => setTimeout(then, 80_000));
  const light = await on.window({colorScheme: 'light'});
  const dark = await on.window({colorScheme: 'dark'});
  for (const [page, name] of [[light, 'now'], [dark, 'now-dark']]) {
    await visit(page, on.url + '/debug/');
    await take(on, page, name);
  }
  await light.setViewportSize({width: 1400, height: 700});
  await visit(light, await address(light, 'main a[href*="/debug/errors/"]'));
  await take(on, light, 'cause');
  // Not the newest: that was the probe a moment ago, and its bead backs off.
  await visit(light, await address(light, 'tr:nth-child(3) a[href*="/debug/towns/"]'));
  await take(on, light, 'town');
  await visit(light, await address(light, 'main a[href*="/beads/"]'));
  await light.locator('h2', {hasText: 'Gates'}).first().evaluate(node => node.scrollIntoView());
  await take(on, light, 'bead');
  await visit(light, on.url + '/debug/outages');
  await take(on, light, 'outage');
  check(!/repaired/.test(on.said), 'the outage was over before all pictures were taken');
  await until('the end', () => /ended well/.test(on.said), 120);
  await light.setViewportSize({width: 1400, height: 900});
  await visit(light, on.url + '/debug/');
  await take(on, light, 'after');
});
