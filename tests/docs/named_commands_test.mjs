// Every townd and townctl command and option that the documents name exists. The programs' own help
// is the judge: it is read once, command by command.
// usage: node named_commands_test.mjs SOURCE_DIR TOWND_BINARY

import {spawnSync} from 'node:child_process';
import {documents} from './markdown.mjs';

const [house, binary] = process.argv.slice(2);

function help(program, words) {
  const asked = spawnSync(binary, [...words, '--help'], {argv0: program, encoding: 'utf8'});
  if (asked.status !== 0)
    throw new Error(`${program} ${words.join(' ')} --help ended with ${asked.status}`);
  return asked.stdout;
}

// What the help of a command lists: its subcommands and its options.
function command(program, words) {
  const text = help(program, words);
  const options = new Set([...text.matchAll(/(?<![\w-])--?[a-zA-Z][\w-]*/g)].map(m => m[0]));
  const below = new Map();
  let listing = false;
  for (const line of text.split('\n')) {
    if (/^\S.*:$/.test(line)) listing = /commands:$/i.test(line);
    const item = line.match(/^ {2}([a-z][a-z-]*)(\s|$)/);
    if (listing && item) below.set(item[1], null);
  }
  for (const name of below.keys()) below.set(name, command(program, [...words, name]));
  return {options, below};
}

const programs = {townd: command('townd', []), townctl: command('townctl', [])};

// The command lines in a text: from a program's name to the end of the command.
function lines_in(text) {
  return [...text.matchAll(/(?:^|[\s/;&|(])(townd|townctl)((?: +[^\s;|&<>()]+)+)/g)]
    .map(m => ({program: m[1], words: m[2].trim().split(/ +/)}));
}

function objection({program, words}) {
  let at = programs[program];
  const options = new Set(at.options);
  let arguments_began = false;
  let after_option = false;
  for (const word of words) {
    if (word === '#') break;
    const option = word.match(/^(--?[a-zA-Z][\w-]*)/);
    if (option) {
      if (!options.has(option[1])) return `no option ${option[1]}`;
      after_option = !word.includes('=');
      continue;
    }
    if (!arguments_began && at.below.has(word)) {
      at = at.below.get(word);
      for (const each of at.options) options.add(each);
    } else if (!after_option) {
      if (at.below.size > 0 && /^[a-z][a-z-]+$/.test(word)) return `no command ${word}`;
      arguments_began = true;
    }
    after_option = false;
  }
  return null;
}

const wrong = [];
let count = 0;
for (const document of documents(house)) {
  const texts = [];
  for (const block of document.blocks)
    if (['sh', 'console'].includes(block.language))
      block.lines.forEach((text, i) => {
        if (block.language === 'sh' || text.startsWith('$ '))
          texts.push({line: block.line + 1 + i, text: text.replace(/^\$ /, '')});
      });
  for (const {line, text} of document.prose)
    for (const code of text.matchAll(/`([^`]+)`/g))
      if (/^(townd|townctl) /.test(code[1])) texts.push({line, text: code[1]});
  for (const {line, text} of texts)
    for (const found of lines_in(text)) {
      // A unit's name behind systemctl and the like is no command of ours.
      if (/\b(systemctl|journalctl|install|cp|chown)\b.*$/.test(text)) continue;
      ++count;
      const why = objection(found);
      if (why) wrong.push(`${document.name}:${line}: ${found.program} ${found.words.join(' ')}: ${why}`);
    }
}
if (count < 20) wrong.push(`only ${count} commands were found: is this the source tree?`);
for (const each of wrong) console.error(each);
console.log(`${count} commands, ${wrong.length} wrong`);
process.exit(wrong.length === 0 ? 0 : 1);
