// The way of somebody who was woken up: from the verdict to the cause, to a town, to a bead and why
// it is not dispatched; then the page tells by itself that all is well. With scripts and without.

import {check, run, until} from './stage.mjs';

const text_of = (page, selector) => page.locator(selector).first().innerText();

// Follows a link by its address, as a reader would click it.
async function follow(page, selector, what) {
  const link = page.locator(selector).first();
  check(await link.count() > 0, 'no link to ' + what + ' on ' + page.url());
  await Promise.all([page.waitForLoadState('load'), link.click()]);
  await page.waitForURL(url => url.pathname !== '/debug/');
}

async function read_outage(on, page, name) {
  await page.goto(on.url + '/debug/');
  const verdict = await text_of(page, '#verdict');
  check(/11 of 16 towns/.test(verdict), 'the verdict counts the towns: ' + verdict);
  check(/polecat/.test(verdict), 'and names the role: ' + verdict);
  check(/since \d\d:\d\d/.test(verdict), 'and the time: ' + verdict);
  check(/http_5xx/.test(verdict), 'and the cause: ' + verdict);
  await on.check_access(page);
  await on.picture(page, name + '-1-now');

  await follow(page, '#errors a[href*="/debug/errors/"]', 'the cause');
  check(/initial_prompt failed/.test(await text_of(page, 'main')), 'the error has its text');
  await on.check_access(page);
  await on.picture(page, name + '-2-cause');

  await follow(page, 'main a[href*="/debug/towns/"]', 'a town of the cause');
  const town = await text_of(page, 'main');
  check(/polecat/.test(town) && /http_5xx/.test(town), 'the town says what is wrong');
  await on.check_access(page);
  await on.picture(page, name + '-3-town');

  await follow(page, 'main a[href*="/beads/"]', 'a bead of the town');
  await on.check_access(page);
  await on.picture(page, name + '-4-bead');
  check(/OutageOpen|BackingOff|ProbeInFlight|SlowStart|BreakerOpen|AlreadyRunning/.test(
    await text_of(page, 'main')), 'the bead says which gate holds it');
}

await run('the demo\'s outage', async on => {
  await on.begin(['--outage-for', '25s']);
  await until('the outage', () => /outage opens/.test(on.said));

  const plain = await on.window({javaScriptEnabled: false});
  // A page of before the ticks that count the outage is read again, as a person would.
  await until('a verdict without scripts', async () => {
    await plain.goto(on.url + '/debug/');
    return /11 of 16 towns/.test(await text_of(plain, '#verdict'));
  });
  const follower = await on.window();
  await follower.goto(on.url + '/debug/');
  await follower.evaluate(() => { globalThis.never_reloaded = true; });
  await on.check_access(follower);

  const dark = await on.window({colorScheme: 'dark'});
  await read_outage(on, dark, 'dark');
  const light = await on.window({colorScheme: 'light'});
  await read_outage(on, light, 'light');

  check(!/repaired/.test(on.said), 'the outage was over before it was read: use a longer one');
  for (const path of ['towns', 'breakers', 'errors', 'outages', 'events', 'config']) {
    await light.goto(on.url + '/debug/' + path);
    check((await text_of(light, 'h1')).length > 0, path + ' has a heading');
    await on.check_access(light);
    await on.picture(light, 'page-' + path);
  }

  await until('the end of the outage', () => /outage closes/.test(on.said));
  await until('the page to say by itself that all is well',
    async () => /Dispatch is well/.test(await text_of(follower, '#verdict')));
  check(await follower.evaluate(() => globalThis.never_reloaded === true),
    'the page followed without being loaded again');
  await on.picture(follower, 'after');
  await until('the same without scripts', async () => {
    await plain.goto(on.url + '/debug/');
    return /Dispatch is well/.test(await text_of(plain, '#verdict'));
  });
});
