// Every incident row has tests of its own, and the tests that docs/testing.md names for it are there.
// usage: node incident_rows_test.mjs SOURCE_DIR

import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const [house] = process.argv.slice(2);
const rows = {A: 17, B: 13, C: 11, D: 12, E: 13, F: 12, G: 12};
const text = readFileSync(join(house, 'docs/testing.md'), 'utf8');
const table = text.slice(text.indexOf('## Incident rows'), text.indexOf('## Traps'));
const wrong = [];
const seen = new Set();
const sources = new Map();

function source(file) {
  if (!sources.has(file)) {
    const path = join(house, 'tests', file);
    sources.set(file, existsSync(path) ? readFileSync(path, 'utf8') : null);
  }
  return sources.get(file);
}

let count = 0;
for (const line of table.split('\n')) {
  const row = line.match(/^\| ([A-G]\d+) \|/)?.[1];
  if (!row) continue;
  seen.add(row);
  const tests = line.split('|')[3] ?? '';
  const places = [...tests.matchAll(/`([^`]+)`: ([^<|]+)/g)];
  if (places.length === 0) wrong.push(`${row}: names no test`);
  for (const [, file, names] of places)
    for (const name of names.trim().split(/,\s*/)) {
      ++count;
      const [suite, test] = name.split('.');
      const code = source(file);
      if (code === null) wrong.push(`${row}: there is no tests/${file}`);
      else if (!new RegExp(`TEST(_F|_P)?\\(\\s*${suite},\\s*${test}\\s*\\)`).test(code))
        wrong.push(`${row}: tests/${file} has no ${name}`);
    }
}
for (const [letter, last] of Object.entries(rows))
  for (let i = 1; i <= last; ++i)
    if (!seen.has(letter + i)) wrong.push(`${letter}${i}: not in docs/testing.md`);

for (const each of wrong) console.error(each);
if (count < 100) wrong.push('too few tests were found to be true');
console.log(`${seen.size} rows, ${count} tests named`);
process.exit(wrong.length === 0 ? 0 : 1);
