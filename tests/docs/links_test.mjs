// Every link and picture of the documents leads somewhere: to a file that is there, to a heading
// that is there. Other sites are not asked; they have to be https.
// usage: node links_test.mjs SOURCE_DIR

import {existsSync, readFileSync, statSync} from 'node:fs';
import {dirname, join, normalize} from 'node:path';
import {anchors, documents, read} from './markdown.mjs';

const [house] = process.argv.slice(2);
const wrong = [];
let count = 0;

function targets(text) {
  const plain = text.replace(/`[^`]*`/g, '');
  const found = [...plain.matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(m => m[1]);
  for (const m of plain.matchAll(/(?:src|srcset|href)="([^"]+)"/g)) found.push(m[1]);
  return found;
}

for (const document of documents(house))
  for (const {line, text} of document.prose)
    for (const target of targets(text)) {
      ++count;
      const at = `${document.name}:${line}: ${target}`;
      if (/^[a-z]+:/.test(target)) {
        if (!/^https:|^http:\/\/127\.0\.0\.1[:/]/.test(target)) wrong.push(`${at}: no https link`);
        continue;
      }
      const [path, heading] = target.split('#');
      const name = path === '' ? document.name : normalize(join(dirname(document.name), path));
      if (name.startsWith('..') || !existsSync(join(house, name))) {
        wrong.push(`${at}: no such file`);
        continue;
      }
      if (heading && !anchors(read(house, name)).includes(heading))
        wrong.push(`${at}: no such heading in ${name}`);
      if (/\.png$/.test(name)) {
        const head = readFileSync(join(house, name)).subarray(1, 4).toString('latin1');
        if (head !== 'PNG') wrong.push(`${at}: no PNG`);
        if (statSync(join(house, name)).size > 200_000) wrong.push(`${at}: over 200 KB`);
      }
    }

if (count < 40) wrong.push(`only ${count} links were found: is this the source tree?`);
for (const each of wrong) console.error(each);
console.log(`${count} links, ${wrong.length} wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
