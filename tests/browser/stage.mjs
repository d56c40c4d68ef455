// A demo of townd and a browser that looks at it. What a page must never do is collected here:
// complain on its console, ask another host, fail to load something.

import {spawn} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

const axe_source = createRequire(import.meta.url)('axe-core').source;

const quiet_chromium = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function check(condition, what) {
  if (!condition) throw new Error(what);
}

// Asks until `ask` gives something true; the deadline is generous, for machines are slow.
export async function until(what, ask, seconds = 90) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const got = await ask();
    if (got) return got;
    if (Date.now() > end) throw new Error('waited in vain for: ' + what);
    await new Promise(then => setTimeout(then, 100));
  }
}

export class stage {
  constructor(binary, pictures) {
    this.binary = binary;
    this.pictures = pictures;
    this.complaints = [];
    mkdirSync(pictures, {recursive: true});
  }

  async begin(demo_arguments) {
    this.said = '';
    this.demo = spawn(this.binary, ['demo', '--stay', ...demo_arguments],
      {stdio: ['ignore', 'pipe', 'inherit']});
    this.demo.stdout.on('data', text => { this.said += text; });
    const found = await until('the address of the pages',
      () => this.said.match(/pages +(http:\/\/[^ \n]+)\/debug\//));
    this.url = found[1];
    this.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: quiet_chromium});
  }

  // A window of its own, that is watched.
  async window(options = {}) {
    const context = await this.browser.newContext(
      {viewport: {width: 1400, height: 900}, ...options});
    const page = await context.newPage();
    page.on('console', said => {
      if (['error', 'warning'].includes(said.type()))
        this.complaints.push(page.url() + ' console: ' + said.text());
    });
    page.on('pageerror', error => this.complaints.push(page.url() + ' threw: ' + error));
    page.on('request', request => {
      if (!request.url().startsWith(this.url) && !request.url().startsWith('data:'))
        this.complaints.push(page.url() + ' asked a foreign host: ' + request.url());
    });
    page.on('response', answer => {
      if (answer.status() >= 400)
        this.complaints.push(page.url() + ' got ' + answer.status() + ' for ' + answer.url());
    });
    return page;
  }

  async picture(page, name) {
    await page.screenshot({path: join(this.pictures, name + '.png')});
  }

  async check_access(page) {
    // Through the debugger's channel: the page's own policy forbids scripts from elsewhere.
    await page.evaluate(axe_source);
    const report = await page.evaluate(() => globalThis.axe.run(document,
      {resultTypes: ['violations']}));
    for (const each of report.violations)
      if (['serious', 'critical'].includes(each.impact))
        this.complaints.push(page.url() + ' access: ' + each.id + ': ' + each.help + ' at ' +
          each.nodes.slice(0, 3).map(node => node.target.join(' ') + ' ' +
            (node.any[0]?.message ?? '')).join('; '));
  }

  async end() {
    await this.browser?.close();
    if (this.demo && this.demo.exitCode === null) {
      const gone = new Promise(then => this.demo.once('exit', then));
      this.demo.kill('SIGTERM');
      await gone;
    }
  }
}

export async function run(what, play) {
  const [binary, pictures] = process.argv.slice(2);
  const on = new stage(binary, pictures);
  let code = 0;
  try {
    await play(on);
    if (on.complaints.length > 0)
      throw new Error('complaints:\n  ' + [...new Set(on.complaints)].join('\n  '));
    console.log(what + ': well');
  } catch (error) {
    console.error(what + ': ' + (error.stack ?? error));
    console.error('the demo said:\n' + on.said);
    code = 1;
  } finally {
    await on.end();
  }
  process.exit(code);
}
