// What the tests of the documents need to know of Markdown: fences, comments, links, headings.

import {readFileSync, readdirSync, statSync} from 'node:fs';
import {join, relative} from 'node:path';

export function documents(house) {
  const found = ['README.md'];
  const walk = folder => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else if (name.endsWith('.md')) found.push(relative(house, path));
    }
  };
  walk(join(house, 'docs'));
  return found.map(name => read(house, name));
}

// The lines of a document; its fenced blocks with language, first line and the reason in a comment
// `<!-- not run: REASON -->` right above; and the text outside of fences, line by line.
export function read(house, name) {
  const lines = readFileSync(join(house, name), 'utf8').split('\n');
  const blocks = [];
  const prose = [];
  let open = null;
  let not_run = null;
  lines.forEach((line, i) => {
    const fence = line.match(/^( *)```(.*)$/);
    if (open && fence) {
      blocks.push(open);
      open = null;
    } else if (open) {
      open.lines.push(line.slice(open.indent));
    } else if (fence) {
      open = {language: fence[2].trim(), line: i + 1, indent: fence[1].length, lines: [], not_run};
      not_run = null;
    } else {
      const said = line.match(/^ *<!-- not run: (.+) -->$/);
      if (said) not_run = said[1];
      else if (line.trim() !== '') not_run = null;
      prose.push({line: i + 1, text: line});
    }
  });
  if (open) throw new Error(`${name}:${open.line}: this block is never closed`);
  return {name, blocks, prose};
}

// What forges make of a heading's text when something links to it.
export function anchor(heading) {
  return heading.replace(/[`*]/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim().toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '').replace(/ /g, '-');
}

export function anchors(document) {
  const seen = new Map();
  return document.prose.map(({text}) => text.match(/^#{1,6} (.*)$/)).filter(Boolean).map(found => {
    const name = anchor(found[1]);
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}-${count}`;
  });
}
