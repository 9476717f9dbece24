/** Each command takes its own arguments and flags; anything else is an error with a hint. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VERSION } from '../../../shared/version.ts';
import { FLAGS, type Shape } from '../../../xs/commands/command.ts';
import { type CommandLine, parseCommandLine } from '../../../xs/commands/command-line.ts';
import { COMMANDS, LOCAL_COMMANDS } from '../../../xs/commands/table.ts';
import { refused } from '../../shared/refused.ts';

const test = suite('the command line of xs-backup');

const SERIAL = 'CSN74803BB1';
const ALL: Record<string, Shape> = { ...COMMANDS, ...LOCAL_COMMANDS };
const NAMES = ['serve', ...Object.keys(ALL)];

function read(line: string): CommandLine {
  return parseCommandLine(line.split(' ').filter((word) => word !== ''));
}

function textOf(line: string): string {
  const parsed = read(line);
  assert.is(parsed.type, 'text', line);
  return parsed.type === 'text' ? parsed.text : '';
}

const WRONG: [line: string, message: RegExp, hint?: RegExp][] = [
  ['', /a command is needed/, /xs-backup help/],
  ['aprove', /unknown command 'aprove'/, /Did you mean approve\?/],
  ['frobnicate', /unknown command/, /xs-backup help/],
  ['help frobnicate', /unknown command 'frobnicate'/, /xs-backup help/],
  [`approve ${SERIAL} --kind other`, /Allowed choices are own, sugar/],
  [`approve ${SERIAL} --kind`, /argument missing/],
  [`approve ${SERIAL} --trust-clock`, /unknown option '--trust-clock'/],
  ['reject', /missing required argument 'LAPTOP'/],
  ['cleanup --dry-rum', /unknown option '--dry-rum'/, /Did you mean --dry-run\?/],
  ['status now', /too many arguments for 'status'/],
  ['status --listen 127.0.0.1:0', /unknown option '--listen'/],
  ['serve now', /too many arguments for 'serve'/],
  ['serve --json', /serve takes no --json/],
  ['--bogus', /unknown option '--bogus'/],
  ['register-window 5 6', /too many arguments/],
];
for (const [line, message, hint] of WRONG) {
  test(`"xs-backup ${line}" is an error`, () => {
    const error = refused(() => read(line), 'usage', message);
    assert.match(error.hint ?? '', hint ?? /./);
  });
}

test('every command takes one argument too many as an error, and every flag that is not its own', () => {
  for (const [name, { takes = [], flags = [] }] of Object.entries(ALL)) {
    const words = [name, ...takes.map(() => 'word')];
    const takesMany = takes.some((word) => word.includes('...'));
    if (!takesMany)
      refused(() => parseCommandLine([...words, 'more']), 'usage', /too many arguments/);
    for (const [flag, rule] of Object.entries(FLAGS)) {
      if (flag === 'json' || (flags as readonly string[]).includes(flag)) continue;
      const line = [...words, `--${flag}`, ...('value' in rule ? ['own'] : [])];
      refused(() => parseCommandLine(line), 'usage', /unknown option/);
    }
  }
});

test('flags and settings may stand before or after the command', () => {
  const expected: CommandLine = {
    type: 'command',
    command: 'approve',
    args: [SERIAL],
    flags: { json: true, kind: 'sugar', key: 'SHA256:x' },
    place: { configFile: '/c.toml', settings: { library: '/l', state: '/s', completion: '/d' } },
  };
  const settings = '--config /c.toml --library /l --state /s --completion /d --json';
  const rest = `approve ${SERIAL} --kind sugar --key SHA256:x`;
  assert.equal(read(`${settings} ${rest}`), expected);
  assert.equal(read(`${rest} ${settings}`), expected);
  assert.equal(read('cleanup --dry-run --trust-clock'), {
    ...{ type: 'command', command: 'cleanup', args: [] },
    flags: { 'dry-run': true, 'trust-clock': true },
    place: { configFile: undefined, settings: {} },
  });
});

test('serve takes addresses', () => {
  assert.equal(read('serve --config /c.toml --listen 127.0.0.1:0 --ssh-listen [::1]:22'), {
    type: 'serve',
    place: {
      configFile: '/c.toml',
      settings: { http: { listen: '127.0.0.1:0' }, ssh: { listen: '[::1]:22' } },
    },
  });
});

test('help lists every command; the help of a command names its arguments and flags', () => {
  const help = textOf('--help');
  assert.match(help, /serve laptops until stopped/);
  assert.match(help, /^ {2}0 {2}done$/m);
  assert.is(textOf('help'), help);
  for (const [name, { takes = [], flags = [], summary }] of Object.entries(ALL)) {
    assert.match(help, new RegExp(`^ {2}${name}( |$)`, 'm'));
    assert.ok(summary.length > 8 && summary.length < 100, summary);
    const own = textOf(`${name} --help`);
    assert.is(textOf(`help ${name}`), own);
    for (const word of [...takes, ...flags.map((flag) => `--${flag}`), '--json', '--config']) {
      assert.ok(own.includes(word), `${name}: ${word}\n${own}`);
    }
  }
  assert.is(textOf('--version'), `xs-backup ${VERSION}\n`);
});

test('no line of any help is longer than 80 letters', () => {
  for (const line of ['help', ...NAMES.map((one) => `help ${one}`)]) {
    const text = textOf(line);
    assert.ok(text.length > 100, line);
    for (const one of text.split('\n')) assert.ok(one.length <= 80, `${line}: ${one}`);
  }
});

test('the help of every command has an example that the program takes', () => {
  for (const name of NAMES) {
    const [, example] = textOf(`help ${name}`).split('\nExample:\n');
    const [, line = ''] = /^ {2}xs-backup (.*)$/m.exec(example ?? '') ?? [];
    assert.match(line, new RegExp(`^${name}\\b`), name);
    assert.is(read(line).type, name === 'serve' ? 'serve' : 'command', line);
  }
});

test('the list of commands says which argument may be repeated; help of help is that list', () => {
  const help = textOf('help');
  assert.match(help, /^ {2}forget LAPTOP \[LAPTOP\.\.\.\] /m);
  assert.match(help, /^ {2}approve \[LAPTOP\] \[CODE\.\.\.\] /m);
  assert.is(textOf('help help'), help);
});

test.run();
