// weight: 60
// calm
/**
 * "Copy to", "My class" in Sugar's own Journal, before a real school: there while a teacher wants it, asked with the
 * pointer, taken back at once; words for everything that can go wrong, and a shell that never stands still. The
 * scenes follow each other.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Variant } from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from '../../bundle/build.ts';
import { BACKUP_NAME } from '../../shared/backup-bus.ts';
import { scaled, waitFor } from '../runner/patience.ts';
import { JournalScreen } from './journal-screen.ts';
import { SchoolDesktop } from './school-desktop.ts';
import { gapText, ownPart, ShellPulse } from './shell-pulse.ts';

const test = suite('"My class" in the Journal');

const ITEM = 'My class';
/** As an agent wrote it some other day, for a school that has no class page today. */
const STALE = { item: [ITEM], busy: ['a', 'b'], silent: ['c', 'd'] };
/** The shell's own longest standstill, in milliseconds. */
const STANDSTILL_MS = 2000;

let scene: SchoolDesktop;
let journal: JournalScreen;

test.before(async () => {
  await build();
  const env = { NO_AT_BRIDGE: '0' };
  scene = await SchoolDesktop.start({ entries: 12, env, classMenu: STALE });
  journal = new JournalScreen(scene);
});

test.after(async () => {
  await scene?.[Symbol.asyncDispose]();
});

/** What `xs-backup` prints as JSON. */
async function tell(...args: string[]) {
  const { command, configFile } = scene.school.server;
  const [server = '', ...rest] = command;
  const all = [...rest, ...args, '--config', configFile, '--json'];
  return JSON.parse((await promisify(execFile)(server, all)).stdout);
}

const offers = async (): Promise<{ uid: string; title: string; state: string }[]> =>
  (await tell('class-page')).offers;
const marker = () => join(scene.desktop.profile, 'ds-backup/class-menu');

async function backUp(): Promise<void> {
  const before = (await scene.agent()).LastBackup;
  await scene.ask('BackUpNow');
  await waitFor('a backup', async () => {
    const { LastBackup, State } = await scene.agent();
    return LastBackup !== before && ['safe', 'due'].includes(String(State));
  });
}

/** The items of "Copy to", from the details that are open; it closes again. */
async function copyTo(): Promise<string[]> {
  await journal.openCopyTo();
  await journal.screen.find('Clipboard', { role: 'menu item' });
  const items = (await journal.screen.all()).filter(({ role }) => role === 'menu item');
  await scene.desktop.key('Escape');
  await sleep(scaled(700));
  return items.map(({ name }) => name);
}

/** Opens the newest entry's details afresh, and chooses "My class". */
async function choose(): Promise<void> {
  const said = (await journal.screen.all()).some(({ name }) => name === 'For my class');
  // "Ok" has the seconds that are left for a name.
  if (said) await journal.screen.press(/^\d+$/);
  await journal.back();
  await journal.openDetails(0);
  await journal.openCopyTo();
  const { x, y } = await journal.screen.find(ITEM, { role: 'menu item' });
  await scene.desktop.click(x, y);
}

async function newest(): Promise<{ uid: string; title: string }> {
  const all = await scene.entries({}, ['uid', 'title', 'timestamp']);
  const [first] = all.sort((a, b) => Number(b.timestamp) - Number(a.timestamp));
  return { uid: first?.uid ?? '', title: first?.title ?? '' };
}

test('a file with its words puts it there, and no button that refreshes nothing', async () => {
  await journal.show();
  await journal.openDetails(0);
  const names = (await journal.screen.all()).map(({ name }) => name);
  assert.ok(names.includes('Erase'), names.join());
  assert.not.ok(names.includes('Refresh'), names.join());
  assert.ok((await copyTo()).includes(ITEM));
});

test('the school has no class page: gone at the first talk with it', async () => {
  await backUp();
  assert.not.ok(existsSync(marker()));
  await journal.back();
  await journal.openDetails(0);
  assert.not.ok((await copyTo()).includes(ITEM));
  await tell('class-page', 'on');
  await scene.ask('ListLaptops');
  assert.not.ok(existsSync(marker()), 'no teacher has compared its digits');
});

test('switched on, for a laptop that somebody vouched for: it goes to the teacher', async () => {
  const { Serial, PairingCode } = await scene.agent();
  await tell('approve', String(Serial), String(PairingCode));
  await backUp();
  assert.ok(existsSync(marker()));
  const { uid } = await newest();
  await choose();
  await journal.screen.find('Your teacher looks at it first.');
  await scene.desktop.screenshot('class-menu-1-offered');
  assert.equal(
    (await offers()).map((one) => [one.uid, one.state]),
    [[uid, 'offered']],
  );
});

test('and is taken back at once, in the Journal itself', async () => {
  await choose();
  await journal.screen.find('Your teacher looks at it first.');
  await journal.screen.press('Take it back');
  await journal.screen.find('Your class does not see it any more.');
  assert.equal(await offers(), []);
});

test('what is not at school as it is now goes there first', async () => {
  const { uid } = await newest();
  const text = (value: string) => new Variant('s', value);
  const changed = { title: text('Just made'), timestamp: text(`${Math.floor(Date.now() / 1000)}`) };
  const before = (await scene.entries({ uid }, [])) as Record<string, string>[];
  const whole = Object.entries(before[0] ?? {})
    .filter(([name]) => !['uid', 'preview'].includes(name))
    .map(([name, value]) => [name, text(value)] as const);
  const properties = { ...Object.fromEntries(whole), ...changed };
  await scene.datastore('update', 'sa{sv}sb', uid, properties, '', false);
  await choose();
  await journal.screen.find('It goes to school first, and then to your teacher.');
  await scene.desktop.screenshot('class-menu-2-later');
  const [offer] = await waitFor('the offer', async () => {
    const all = await offers();
    return all.length > 0 ? all : undefined;
  });
  assert.equal([offer?.uid, offer?.title], [uid, 'Just made'], 'as it is now');
});

test('an agent that is stopped, killed, or cannot be started: words, and no standstill', async () => {
  const { desktop, bus } = scene;
  await using pulse = await ShellPulse.start(bus);
  const pid = await scene.agentPid();
  process.kill(pid, 'SIGSTOP');
  await choose();
  await journal.screen.find('It is on its way.');
  await sleep(scaled(3000));
  process.kill(pid, 'SIGCONT');
  await journal.screen.find('Your teacher looks at it first.');
  // From now on it cannot be started either.
  const services = join(desktop.home, '.local/share/dbus-1/services', `${BACKUP_NAME}.service`);
  const service = readFileSync(services, 'utf8');
  writeFileSync(services, `[D-BUS Service]\nName=${BACKUP_NAME}\nExec=/bin/false\n`);
  await scene.reloadServices();
  process.kill(await scene.agentPid(), 'SIGKILL');
  await choose();
  await journal.screen.find('The backup is not running');
  await desktop.screenshot('class-menu-3-silent');
  const gap = pulse.longest();
  assert.ok(ownPart(gap) < STANDSTILL_MS, gapText(gap));
  writeFileSync(services, service);
  await scene.reloadServices();
});

test('a file that says nonsense, or is none, is no item and breaks no palette', async () => {
  const words = readFileSync(marker(), 'utf8');
  for (const nonsense of ['', '{', '[]', '7', '{"item": 7}', '\xff']) {
    writeFileSync(marker(), Buffer.from(nonsense, 'latin1'));
    await journal.back();
    await journal.openDetails(0);
    const items = await copyTo();
    assert.ok(items.includes('Clipboard'), nonsense);
    assert.not.ok(items.includes(ITEM), nonsense);
  }
  writeFileSync(marker(), words);
});

test('switched off, it is gone, and who was quicker is told so', async () => {
  await tell('class-page', 'off');
  await choose();
  await journal.screen.find('Your school has no class page now.');
  await waitFor('the file to go', () => !existsSync(marker()));
  await journal.back();
  await journal.openDetails(0);
  assert.not.ok((await copyTo()).includes(ITEM));
  rmSync(marker(), { force: true });
});

test.run();
