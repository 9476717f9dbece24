/** The manual pages and the completion of `xs-backup` say what the program does, and are well-formed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serverCompletion, serverPage, settingsPage } from '../../../bundle/server-manual.ts';
import { parseCommandLine } from '../../../xs/commands/command-line.ts';
import { COMMANDS, EXAMPLES, LOCAL_COMMANDS } from '../../../xs/commands/table.ts';
import { listSettings } from '../../../xs/config.ts';

const test = suite('the manual of xs-backup');

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const NAMES = [...Object.keys(COMMANDS), ...Object.keys(LOCAL_COMMANDS)];

function shown(page: string): string {
  const env = { ...process.env, MANWIDTH: '80', LC_ALL: 'C.UTF-8' };
  const args = ['--warnings=w', '-l', '-'];
  const { stdout, stderr } = spawnSync('man', args, { input: page, env, encoding: 'utf8' });
  assert.is(stderr, '');
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  return stdout
    .replace(/.\u0008/g, '')
    .replace(/\u2010\n\s+/g, '')
    .replace(/\s+/g, ' ');
}

test('every command is in the manual with an example, and every setting with its default', () => {
  const page = shown(serverPage());
  for (const name of NAMES) {
    assert.match(page, new RegExp(` ${name} `));
    assert.ok(page.includes(`xs-backup ${EXAMPLES[name]?.[0].split(' ')[0]} `), name);
  }
  assert.ok(page.includes('xs-backup approve --all-known-original '));
  assert.equal(Object.keys(EXAMPLES).sort(), [...NAMES].sort());
  const settings = shown(settingsPage());
  for (const { key, meaning, fallback } of listSettings()) {
    assert.ok(meaning.length > 10, `${key} says what it is`);
    assert.ok(settings.includes(key), key);
    if (typeof fallback === 'number') assert.ok(settings.includes(`Default: ${fallback}.`), key);
  }
});

const COMPLETED: [line: string, offers: string[], not?: string[]][] = [
  ['', ['status', 'doctor', 'serve', '--json', '--version']],
  ['st', ['status'], ['doctor']],
  ['sums Jocinta ', ['latest', '--json']],
  ['teacher ', ['list', 'add', 'remove']],
  ['approve --', ['--all-known-original', '--dry-run', '--key'], ['--all']],
  ['cleanup --', ['--dry-run', '--trust-clock', '--json'], ['--all']],
  ['serve --', ['--listen', '--ssh-listen']],
  ['help reg', ['register-window']],
  ['twins CSN74803BB1 ', ['separate', 'one']],
  ['class-page ', ['on', 'off', 'yes', 'no', 'clear']],
  ['arrivals Jocinta ', ['welcome', 'decline', 'undo']],
  ['release Jocinta ', ['undo']],
  ['offsite ', ['init', 'run', 'status', 'check', 'restore']],
  ['offsite r', ['run', 'restore'], ['init']],
  ['teacher role Rosa ', ['keeper', 'teacher']],
  ['transfer ', ['out', 'in']],
  ['moodle ', ['list', 'add', 'forget', 'end']],
];
test('completion offers the commands, and then what the command takes', () => {
  for (const [line, offers, not = []] of COMPLETED) {
    const words = ['xs-backup', ...line.split(' ')];
    const script = `${serverCompletion()}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_xs_backup; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const told = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    for (const one of offers) assert.ok(told.includes(one), `${line}: ${one} in ${told}`);
    for (const one of not) assert.not.ok(told.includes(one), `${line}: ${one}`);
  }
});

test('completion offers only what may be typed', () => {
  const cases = [...serverCompletion().matchAll(/^ {4}(\S+)\) words="\$general (.*)" ;;$/gm)];
  assert.ok(cases.length >= NAMES.length);
  for (const [, name, words = ''] of cases) {
    for (const word of words.split(' ').filter((one) => one !== '')) {
      assert.match(word, /^(--)?[a-z][a-z-]*$/, `${name}: ${word}`);
    }
  }
});

test('every line for the terminal in README is one that the program takes', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const lines = [...readme.matchAll(/^xs-backup (.*?)( +#.*)?$/gm)].map(([, line = '']) => line);
  assert.ok(lines.length >= 15, `${lines.length} lines`);
  for (const line of lines) assert.is(parseCommandLine(line.split(/ +/)).type, 'command', line);
});

test.run();
