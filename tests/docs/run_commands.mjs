// Runs the commands of a document as a reader would, in one shell, in an empty directory.
//
// ```sh       every command must succeed
// ```console  lines with `$ ` are commands; what they print must hold the lines below, in order,
//             numbers, times and ids aside; `...` stands for anything. Asked again for a minute, as
//             a reader waits: a breaker takes its time to open.
// <!-- not run: REASON --> right above a block leaves it out. No document has more than three.
//
// What a reader's machine has and this directory has not is stood in for: build/release, config, a
// `make` that only knows the targets of the Makefile, sudo, systemctl. The default ports are
// replaced by free ones, in the commands and in what the programs take without being told.
// usage: node run_commands.mjs SOURCE_DIR TOWND_BINARY DOCUMENT

import {spawn} from 'node:child_process';
import {randomInt} from 'node:crypto';
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync,
  writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {read} from './markdown.mjs';

const not_run_max = 3;
const deadline_ms = 270_000;
const defaults = {api: 8787, pages: 9191, container: 8080};

// A line of output without what differs from run to run.
function plain(line) {
  return line.replace(/\x1b\[[0-9;]*m/g, '')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=[a-f]*\d)[0-9a-f]{8,}\b/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[0-9:.]+Z|\d\d:\d\d:\d\d/g, 'TIME')
    .replace(/\d+(\.\d+)? ?(ms|s|min|h|d)\b( \d+ ?(ms|s|min|h)\b)?/g, 'SPAN')
    .replace(/\d+(\.\d+)?/g, '#').replace(/\s+/g, ' ').trim();
}

function pattern(line) {
  const words = plain(line).split(/ *(?:\.\.\.|…) */).map(w => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp('^' + words.join('.*') + '$');
}

// The first line of `wanted` that `got` does not have after the ones before it; null when all are.
function missing(wanted, got) {
  const lines = got.split('\n').map(plain);
  let at = 0;
  for (const line of wanted) {
    if (/^\s*(\.\.\.|…)?\s*$/.test(line)) continue;
    const expected = pattern(line);
    while (at < lines.length && !expected.test(lines[at])) ++at;
    if (at++ >= lines.length) return line;
  }
  return null;
}

function compare(wanted_file, got_file) {
  const missed = missing(readFileSync(wanted_file, 'utf8').split('\n'),
    readFileSync(got_file, 'utf8'));
  if (missed !== null) console.log('not in the output: ' + missed);
  process.exit(missed === null ? 0 : 1);
}

// Below the range that the system hands out by itself: the programs start long after this asked, and
// by then whoever runs beside may have been given such a port.
async function free_port() {
  for (let tries = 0; tries < 1000; ++tries) {
    const port = randomInt(15_000, 32_000);
    const server = createServer();
    const free = await new Promise(then => {
      server.once('error', () => then(false));
      server.listen(port, '127.0.0.1', () => then(true));
    });
    if (!free) continue;
    await new Promise(then => server.close(then));
    return port;
  }
  throw new Error('no free port');
}

function program(path, text) {
  writeFileSync(path, '#!/bin/bash\n' + text);
  chmodSync(path, 0o755);
}

// The directory of the reader: a built source tree, and the commands that would change the machine.
function furnish(dir, house, binary, ports) {
  const bin = join(dir, '.bin');
  for (const each of ['.bin', '.out', 'build/release']) mkdirSync(join(dir, each), {recursive: true});
  for (const each of ['config', 'docs', 'Makefile'])
    symlinkSync(join(house, each), join(dir, each));
  writeFileSync(join(dir, '.bin/ports.yaml'),
    `data_dir: ./townd-data\napi: {listen: "127.0.0.1:${ports.api}"}\n` +
    `debug: {listen: "127.0.0.1:${ports.pages}"}\n` +
    `containers: {url: "http://127.0.0.1:${ports.container}"}\n`);
  const townd = `case "$1 $*" in
"serve "*--config*) exec -a townd '${binary}' "$@" ;;
"serve "*) exec -a townd '${binary}' "$@" --config '${bin}/ports.yaml' ;;
"stand-in "*--listen*) exec -a townd '${binary}' "$@" ;;
"stand-in "*) exec -a townd '${binary}' "$@" --listen 127.0.0.1:${ports.container} ;;
*) exec -a townd '${binary}' "$@" ;;
esac
`;
  const townctl = `exec -a townctl '${binary}' "$@"\n`;
  for (const folder of [bin, join(dir, 'build/release')]) {
    program(join(folder, 'townd'), townd);
    program(join(folder, 'townctl'), townctl);
  }
  // What `make` would do is asked of the Makefile; only the demo is then really played.
  program(join(bin, 'make'), `set -e
planned=$(/usr/bin/make -n -C '${house}' "$@")
case "$1" in
demo) grep -q 'townd demo' <<<"$planned"; exec '${bin}/townd' demo --outage-for 3s </dev/null ;;
*) test -n "$planned" ;;
esac
`);
  program(join(bin, 'sudo'), 'exec "$@"\n');
  program(join(bin, 'systemctl'), `for last; do :; done
case "$last" in townd|townd.service) test -f config/systemd/townd.service ;; daemon-reload) ;;
*) echo "systemctl: no unit $last" >&2; exit 1 ;; esac
`);
}

function port_waits(text, ports) {
  const wanted = [];
  if (/\btownd serve\b/.test(text)) wanted.push(ports.api, ports.pages);
  if (/\btownd stand-in\b/.test(text)) wanted.push(ports.container);
  return wanted.map(port => `for _ in $(seq 300); do (: </dev/tcp/127.0.0.1/${port}) 2>/dev/null` +
    ' && break; sleep 0.1; done\n').join('');
}

// A console block as shell: each command, and what is expected of it.
function console_block(block, where, dir) {
  const steps = [];
  for (const line of block.lines) {
    if (line.startsWith('$ ')) steps.push({command: line.slice(2), wanted: []});
    else if (steps.length === 0) throw new Error(`${where}: a console block begins with "$ "`);
    else if (line.startsWith('> ')) steps.at(-1).command += '\n' + line.slice(2);
    else steps.at(-1).wanted.push(line);
  }
  const self = fileURLToPath(import.meta.url);
  return steps.map((step, i) => {
    const base = join(dir, '.out', `${block.line}-${i}`);
    writeFileSync(base + '.wanted', step.wanted.join('\n'));
    return `until=$((SECONDS + 60))
while :; do
{ ${step.command}
} >'${base}.got' 2>&1 || true
missed=$('${process.execPath}' '${self}' --compare '${base}.wanted' '${base}.got') && break
if [ $SECONDS -ge $until ]; then echo "$missed"; echo "it printed:"; cat '${base}.got'; exit 1; fi
sleep 1
done
`;
  }).join('');
}

function script(document, dir, ports) {
  const map = text => Object.entries(defaults).reduce(
    (out, [name, port]) => out.replace(new RegExp(`\\b${port}\\b`, 'g'), ports[name]), text);
  const parts = ['set -e\ntrap \'kill $(jobs -p) 2>/dev/null || true; wait || true\' EXIT\n'];
  for (const block of document.blocks) {
    if (block.not_run || !['sh', 'console'].includes(block.language)) continue;
    const where = `${document.name}:${block.line}`;
    const text = map(block.lines.join('\n'));
    parts.push(`echo '--- ${where}'\n`);
    parts.push(block.language === 'sh' ? text + '\n'
      : console_block({...block, lines: text.split('\n')}, where, dir));
    parts.push(port_waits(text, ports));
  }
  parts.push('echo "--- the end"\n');
  return parts.join('');
}

async function main() {
  const [house, binary, name] = [resolve(process.argv[2]), resolve(process.argv[3]),
    process.argv[4]];
  const document = read(house, name);
  const left_out = document.blocks.filter(block => block.not_run);
  for (const block of left_out)
    console.log(`${name}:${block.line} is not run: ${block.not_run}`);
  if (left_out.length > not_run_max)
    throw new Error(`${name}: more than ${not_run_max} blocks are not run`);
  const dir = mkdtempSync(join(tmpdir(), 'townd-docs-'));
  const ports = {api: await free_port(), pages: await free_port(), container: await free_port()};
  furnish(dir, house, binary, ports);
  writeFileSync(join(dir, '.bin/commands.sh'), script(document, dir, ports));
  const shell = spawn('/bin/bash', [join(dir, '.bin/commands.sh')], {
    cwd: dir, detached: true, stdio: ['ignore', 'inherit', 'inherit'],
    env: {...process.env, PATH: `${join(dir, '.bin')}:${process.env.PATH}`, HOME: dir, TMPDIR: dir,
      NO_COLOR: '1'}});
  const late = setTimeout(() => {
    console.error('the commands took too long');
    process.kill(-shell.pid, 'SIGKILL');
  }, deadline_ms);
  const code = await new Promise(then => shell.once('exit', then));
  clearTimeout(late);
  if (code !== 0) for (const log of readdirSync(dir).filter(each => each.endsWith('.log')))
    console.error(`${log}:\n` + readFileSync(join(dir, log), 'utf8').slice(-4000));
  rmSync(dir, {recursive: true, force: true, maxRetries: 5});
  if (code !== 0) console.error(`${name}: the last block named above failed`);
  process.exit(code === 0 ? 0 : 1);
}

if (process.argv[2] === '--compare') compare(process.argv[3], process.argv[4]);
else await main();
