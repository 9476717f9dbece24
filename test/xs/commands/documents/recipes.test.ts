/**
 * The README's recipes, played in a school: each line as it stands there, with the service running. A line
 * that no scene knows fails, and so does a scene whose line is gone.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../../shared/clock.ts';
import { parseSerial } from '../../../../shared/ids.ts';
import { type CliOptions, runCli } from '../../../../xs/cli.ts';
import { serveCommands } from '../../../../xs/commands/service-socket.ts';
import { backUp, ed25519, enrol, SERIAL, uidOf } from '../../library.ts';
import { dsaKey, openWhole, STICK_PARTS, type WholeLibrary } from '../../whole.ts';
import { recipe, recipeTitles } from './document-lines.ts';

const test = suite('the recipes of the README');

/** Jocinta's laptop is the one of the recipes, `SERIAL`; this is her new one. */
const NEW = parseSerial('SHC00800000');
const PASSWORD = 'a long password of Rosa';
/** A date that the recipes name. */
const DAY = '2026-11-22T12:05:00Z';
/** Of `status` and `doctor`, where something needs attention: this school is small. */
const LOOK = 3;

interface Scene {
  /** What has happened before. */
  before?(whole: WholeLibrary): unknown;
  /** What each line of the recipe prints; null for a line about the machine, not about us. */
  lines: Readonly<Record<string, RegExp | null>>;
  /** What is so afterwards. */
  after?(whole: WholeLibrary, stick: string): unknown;
}

/** Played by `npm run test:install`, on fresh systems: `sh install.sh`. */
const ELSEWHERE = ['Install.'];
const INSTALL_TEST = fileURLToPath(new URL('../../../install/main.ts', import.meta.url));

const SCENES: Readonly<Record<string, Scene>> = {
  'The first day.': {
    before: ({ library }) =>
      enrol(library.registrations, SERIAL, 'uuid', ed25519(1), { code: '047111' }),
    lines: {
      'xs-backup teacher add Rosa': /Rosa/,
      'xs-backup register-window 60': /may register for 60 minutes/,
      'xs-backup laptops': /CSN74803BB1 .*Jocinta/,
      'xs-backup approve Jocinta 047 111': /approved/,
      'xs-backup doctor': /^ok .*a teacher can sign in/m,
    },
    after: ({ library }) => {
      assert.equal(library.registrations.get(SERIAL)?.pending, []);
    },
  },
  'Is all well?': {
    lines: { 'xs-backup status': /^laptops {3}1: 1 safe/m, 'xs-backup doctor': /^ok /m },
  },
  'Something was lost.': {
    lines: {
      'xs-backup snapshots Jocinta': /datastore-2026-11-22_/,
      'xs-backup export Jocinta 2026-11-22 /media/stick/jocinta': /2 entries/,
      'xs-backup sums Jocinta latest': /^[0-9a-f]{64} {2}/m,
    },
    after: (_, stick) => assert.ok(readdirSync(join(stick, 'jocinta')).length > 0),
  },
  'A laptop is broken, the child has a new one.': {
    before: ({ library, clock }) => {
      clock.pass(8 * DAY_MS);
      library.newcomers.openWindow(1);
      library.registrations.register(NEW, 'Jocinta', 'uuid-2', dsaKey(2));
    },
    lines: {
      'xs-backup proposals': /SHC00800000.*CSN74803BB1/s,
      'xs-backup alias SHC00800000 CSN74803BB1 --retire': /out of use; its snapshots stay/,
    },
    after: ({ library }) => assert.is(library.registrations.isActive(SERIAL), false),
  },
  'The disk is full.': {
    before: async ({ library, command }) => {
      // The school has one Jocinta again.
      await command('unalias', [NEW]);
      await command('forget', [NEW]);
      library.registrations.unretire(SERIAL);
      assert.match(await command('quota'), /counted by the daily cleanup/);
      await command('cleanup');
      await command('pin', [SERIAL, '2026-11-22']);
    },
    lines: {
      'xs-backup quota': /Jocinta/,
      'xs-backup cleanup --dry-run': /./,
      'xs-backup pins Jocinta': /2026-11-22/,
      'xs-backup unpin Jocinta 2026-11-22': /2026-11-22/,
    },
    after: async ({ command }) =>
      assert.not.match(await command('pins', ['Jocinta']), '2026-11-22'),
  },
  'Something is damaged.': {
    lines: { 'xs-backup damage': /no damage/, 'xs-backup scrub --all': /no damage/ },
  },
  'A teacher leaves.': {
    lines: { 'xs-backup teacher list': /Rosa/, 'xs-backup teacher remove Rosa': /Rosa/ },
  },
};

/** After the others, and the move: what is about the machine is played on fresh systems. */
const LATER: Readonly<Record<string, Scene>> = {
  'Upgrade.': {
    lines: {
      'sh install.sh server': null,
      'xs-backup doctor': /^ok /m,
    },
  },
  'Uninstall.': { lines: { 'apt-get remove xs-backup': null } },
};

test('every recipe with commands is played here or on fresh systems', () => {
  const here = [...Object.keys(SCENES), 'Move to another machine.', ...Object.keys(LATER)];
  assert.equal(recipeTitles(), [...ELSEWHERE, ...here]);
});

test('the test on fresh systems has each act of "Install", "Upgrade" and "Uninstall"', () => {
  const played = readFileSync(INSTALL_TEST, 'utf8');
  assert.ok(played.includes('older stick'), 'an upgrade');
  for (const line of recipe('Uninstall.')) {
    assert.ok(played.includes(line.replace('apt-get ', 'apt-get -y ')), line);
  }
  const lines = recipe('Install.');
  assert.ok(lines.length >= 4, `${lines.length} lines`);
  for (const line of lines) {
    const [, part] = /^sh install\.sh (\w+)$/.exec(line) ?? [];
    const [, act] = /^(xs-backup [a-z]+)/.exec(line) ?? [];
    if (part !== undefined) assert.match(played, `'${part}'`, line);
    else assert.ok(act !== undefined && played.includes(act), line);
  }
});

test('each line does what the recipe says, one recipe after the other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-recipes-'));
  mkdirSync(join(folder, 'stick'));
  try {
    await using whole = await openWhole('[registration]\npolicy = "window"', {
      folder,
      start: DAY,
    });
    await using _served = await serveCommands(whole.library);
    await backUp(whole, new Map([1, 2].map((n) => [uidOf(n), { title: `${n}`, content: `${n}` }])));
    for (const [title, { before, lines, after }] of Object.entries({
      ...SCENES,
      ...LATER,
    })) {
      assert.equal(recipe(title), Object.keys(lines), title);
      await before?.(whole);
      for (const [line, says] of Object.entries(lines)) if (says) await plays(line, says, folder);
      await after?.(whole, join(folder, 'stick'));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a library that was moved as the recipe says is whole, and takes a teacher', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-recipes-'));
  const moved = join(folder, 'new');
  try {
    {
      await using whole = await openWhole('', { folder, start: DAY });
      await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
    }
    const [stop, copy = '', verify = '', teacher = '', ...more] = recipe(
      'Move to another machine.',
    );
    assert.equal([stop, more], ['systemctl stop xs-backup', []]);
    const words = copy
      .replace('newserver:/library/users/', `${moved}/library/`)
      .replace('/library/users/', `${folder}/library/`);
    const [program = '', ...args] = words.split(' ');
    mkdirSync(moved);
    execFileSync(program, args);
    await using whole = await openWhole('', { folder: moved, start: DAY });
    await using _served = await serveCommands(whole.library);
    await plays(verify, /all of it is whole/, moved);
    await plays(teacher, /Rosa/, moved);
    assert.match(await whole.command('snapshots', ['Jocinta']), /datastore-2026-11-22_/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Runs a line as `xs-backup` does at the terminal. */
async function plays(line: string, says: RegExp, folder: string): Promise<void> {
  const [program, ...words] = line.replace('/media/stick', join(folder, 'stick')).split(' ');
  assert.is(program, 'xs-backup', line);
  let printed = '';
  const options: CliOptions = {
    args: [...words, '--config', join(folder, 'config.toml')],
    ...{ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, env: process.env },
    ...{ sessionScript: '', pageFiles: { locale: '', styleSheets: [] }, stickParts: STICK_PARTS },
    log: { info: () => {}, warn: () => {} },
    print: (text) => {
      printed += text;
    },
    drawBar: undefined,
    ask: async () => PASSWORD,
    signal: new AbortController().signal,
    inherited: [],
  };
  const exitCode = await runCli(options);
  const mayLook = ['status', 'doctor'].includes(words[0] ?? '');
  assert.ok(exitCode === 0 || (mayLook && exitCode === LOOK), `${line}: ${exitCode}\n${printed}`);
  assert.match(printed, says, `${line}: ${printed}`);
}

test.run();
