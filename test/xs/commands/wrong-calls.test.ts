/**
 * What people type wrongly at the terminal of the server, and what they read then: each line with its message,
 * its way out, and the exit code; 2 wherever the words themselves are wrong.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError, describeForTerminal } from '../../../shared/errors.ts';
import { withHelp } from '../../../xs/commands/command.ts';
import { parseCommandLine } from '../../../xs/commands/command-line.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { LOCAL_COMMANDS } from '../../../xs/commands/table.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, STICK_PARTS, serialOf, type WholeLibrary } from '../whole.ts';
import { STORIES } from './wrong-calls.ts';
import { SERVE_STORIES } from './wrong-serve-calls.ts';

const test = suite('wrong calls of xs-backup');

let school: WholeLibrary;

test.before(async () => {
  school = await openWhole('[registration]\npolicy = "window"', { start: '2026-11-22T14:05:00Z' });
  const { library, context, clock } = school;
  library.newcomers.openWindow(60);
  for (const [n, nick] of [...NICKS.entries()]) {
    library.registrations.register(serialOf(n + 1), nick, 'u', dsaKey(n + 2));
  }
  library.newcomers.openWindow(0);
  const journal = (title: string) => new Map([[uidOf(1), { title, content: title }]]);
  await backUp({ context }, journal('one'), SERIAL);
  clock.pass(5 * 60_000);
  await backUp({ context }, journal('two'), SERIAL);
});

test.after(async () => {
  await school?.[Symbol.asyncDispose]();
});

const NICKS = ['Ana', 'Ana', 'Anabel', 'José Luis', SERIAL];

/** As a terminal shows it: the call, what is printed, the exit code unless it is 0. */
async function play(line: string): Promise<string> {
  const words = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, ''));
  let shown = '';
  const print = (text: string) => {
    shown += text;
  };
  let exit = 0;
  try {
    exit = await perform(words, print);
  } catch (error) {
    print(`${describeForTerminal(error)}\n`);
    exit = error instanceof DsError && error.code === 'usage' ? 2 : 1;
  }
  const call = `$ xs-backup ${line}`.trimEnd();
  return `${call}\n${shown}${exit === 0 ? '' : `(${exit})\n`}`;
}

async function perform(words: string[], print: (text: string) => void): Promise<number> {
  const parsed = parseCommandLine(words);
  if (parsed.type !== 'command') throw new Error(`${parsed.type} is no command`);
  const { command, args, flags } = parsed;
  const signal = AbortSignal.any([]);
  const local = LOCAL_COMMANDS[command];
  if (!local) return runCommand(school.library, { command, args, flags }, print, signal);
  const { paths, config, env } = school.library;
  const open = () => Promise.reject(new DsError('busy', 'the library is open'));
  const ask = (name: string, more: readonly string[]) =>
    runCommand(school.library, { command: name, args: [...more], flags: {} }, print, signal);
  const more = {
    command: ask,
    paths,
    config,
    env,
    open,
    checkUser: () => {},
    signal,
    progress: () => {},
  };
  const context = { stickParts: STICK_PARTS, args, flags, print, ...more };
  await local.run(context).catch((error: unknown) => {
    throw withHelp(error, command);
  });
  return 0;
}

const stories = `${STORIES}${SERVE_STORIES}`.trim().split(/\n\n/);

test('there are sixty at least, and no line is told twice', () => {
  assert.ok(stories.length >= 60, `${stories.length} stories`);
  const lines = stories.map((story) => story.split('\n')[0]);
  assert.is(new Set(lines).size, lines.length);
});

for (const story of stories) {
  const [first = ''] = story.split('\n');
  test(first, async () => {
    const told = await play(first.replace(/^\$ xs-backup ?/, ''));
    const anywhere = told.replace(/\(\d{4}-\d\d-\d\d \d\d:\d\d \S+\)/g, '(LOCAL)');
    assert.is(anywhere.trimEnd(), story);
    assert.match(told, /\(\d\)\n$/, 'it is an error');
    assert.not.match(told, /undefined|\[object|node:|at .*\.ts:/);
  });
}

test.run();
