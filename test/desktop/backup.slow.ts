// weight: 90
// calm
/**
 * The Backup activity in a real Sugar, before a real school, from Home on. The
 * child's hands are xdotool's; what is on the screen is heard through AT-SPI; what happened is asked
 * of Sugar's own datastore and looked for on the server's disk. The scenes follow each other.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Variant } from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from '../../bundle/build.ts';
import { scaled, waitFor, within } from '../runner/patience.ts';
import { SchoolDesktop } from './school-desktop.ts';

const test = suite('the Backup activity in Sugar');
const ENTRIES = 400;
/** KiB a second: the first backup takes some seconds. */
const BANDWIDTH = 2500;
const UNDO_MS = 10_000;
const UNDO_PATIENCE_MS = 600_000;
/** Within this time X takes a second press for the other half of a double click. */
const DOUBLE_CLICK_MS = 500;

let scene: SchoolDesktop;

test.before(async () => {
  try {
    await build();
    // The settings of a child's laptop, not a test's, are what Browse is started with.
    const env = { GSETTINGS_BACKEND: 'dconf' };
    scene = await SchoolDesktop.start({ entries: ENTRIES, bandwidth: BANDWIDTH, env });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`); // uvu would keep it
    throw error;
  }
});

test.after(async () => {
  await scene?.[Symbol.asyncDispose]();
});

const serial = async () => String((await scene.agent()).Serial);
const pinnedAtSchool = async (uid: string) => {
  const folder = join(scene.school.server.library, await serial(), 'pinned', uid);
  return existsSync(folder) && readdirSync(folder).length > 0;
};
const snapshots = async () =>
  readdirSync(join(scene.school.server.library, await serial())).filter((name) =>
    /^datastore-\d{4}/.test(name),
  );
const isSafe = () => scene.screen.find('All safe at school');

/** Whether the shell has heard of a running activity. */
const isLaunched = async () => {
  const names = await scene.busNames();
  return names.some((name) => name.startsWith('org.laptop.Activity'));
};

/** Enter is for what has the keyboard. */
async function focusIsOn(role: string, name = /./): Promise<void> {
  await waitFor(`the keyboard on a ${role}`, async () =>
    (await scene.screen.all()).some((one) => {
      return one.focused && one.role === role && name.test(one.name);
    }),
  );
}

test('it is installed by Sugar and opened from Home', async () => {
  const { desktop, screen } = scene;
  await scene.install();
  await desktop.openFromHome('Backup', isLaunched);
  await screen.find('My Backup', { role: 'push button' });
});

test('a running backup shows its progress, and the end of it', async () => {
  const { desktop, screen } = scene;
  await screen.find(new RegExp(`^\\d+ of ${ENTRIES}$`));
  await desktop.screenshot('02-sending');
  await isSafe();
  await desktop.screenshot('03-safe');
  await screen.find(/^Safe\. 100 %/);
  assert.is((await snapshots()).length, 1);
});

/** Writes other content into an entry, as an activity does. */
async function changeEntry({ uid = '' }: Record<string, string>): Promise<void> {
  const file = scene.desktop.writeFile('home/new-content', 'the new content');
  const [known] = await scene.entries({ uid }, ['title', 'mime_type', 'activity']);
  const now = Math.floor(Date.now() / 1000);
  const properties = Object.fromEntries(
    Object.entries({ ...known, timestamp: String(now) }).map(([name, value]) => [
      name,
      new Variant('s', value),
    ]),
  );
  await scene.datastore('update', 'sa{sv}sb', uid, properties, file, false);
}

let chosen: Record<string, string> = {};

test('one old version comes back beside the new one', async () => {
  const { desktop, screen } = scene;
  const all = await scene.entries();
  chosen =
    all.find(({ title = '' }) => all.filter((one) => one.title?.includes(title)).length === 1) ??
    {};
  const before = await contentOf(chosen.uid ?? '');
  await changeEntry(chosen);
  await screen.press('Back up now');
  await waitFor('the second snapshot', async () => (await snapshots()).length === 2);
  await isSafe();
  await screen.press('Days');
  await screen.find(new RegExp(`\\b${ENTRIES} things`));
  await desktop.screenshot('04-days');
  await desktop.key('Down', 'Return');
  await screen.find('Bring back', { role: 'push button' });
  await desktop.screenshot('05-entries');
  await desktop.key('ctrl+f');
  await desktop.type(chosen.title ?? '');
  await desktop.key('Return');
  await screen.find(new RegExp(`^"${chosen.title}" at school · `));
  await screen.gone(new RegExp(`\\b${ENTRIES} things`));
  await focusIsOn('list item');
  await desktop.key('Return');
  await screen.find('Versions at school');
  await focusIsOn('push button', /^Bring back$/);
  await desktop.screenshot('06-entry');
  await desktop.key('Return');
  await screen.find('It is at the top of your Journal, beside the newer one.');
  await desktop.screenshot('07-came-back');
  const after = await scene.entries();
  assert.is(after.length, all.length + 1, 'one more, and nothing overwritten');
  const known = new Set(all.map(({ uid }) => uid));
  const back = after.find(({ uid }) => !known.has(uid));
  assert.equal(await contentOf(back?.uid ?? ''), before);
  assert.is((await contentOf(chosen.uid ?? '')).toString(), 'the new content');
});

async function contentOf(uid: string): Promise<Buffer> {
  return readFileSync(String(await scene.datastore('get_filename', 's', uid)));
}

/** False when this machine was too slow for the time that a child has; then it is pinned again. */
async function unpinAndUndo(uid: string): Promise<boolean> {
  const { desktop, screen } = scene;
  await sleep(DOUBLE_CLICK_MS);
  await screen.press('Unpin');
  const undo = await waitFor('the way back, or that it is too late', async () => {
    const shown = (await screen.all()).find(({ name }) => name === 'Undo');
    return shown ?? ((await pinnedAtSchool(uid)) ? undefined : 'too late');
  });
  if (undo !== 'too late') await desktop.click(undo.x, undo.y);
  await screen.gone('Not pinned any more');
  const names = (await screen.all()).map(({ name }) => name);
  if (names.includes('Unpin')) return true;
  await screen.press('Pin');
  await waitFor('the pin at school', () => pinnedAtSchool(uid));
  return false;
}

test('pinning reaches the school; unpinning can be undone, and is done when it is not', async () => {
  const { screen } = scene;
  const uid = chosen.uid ?? '';
  await screen.press('Pin');
  await waitFor('the pin at school', () => pinnedAtSchool(uid));
  await screen.find('Pinned: the school keeps it.');
  const options = { patienceMs: UNDO_PATIENCE_MS };
  await waitFor('an undo that comes in time', () => unpinAndUndo(uid), options);
  await sleep(UNDO_MS + scaled(1500)); // in which nothing may happen
  assert.ok(await pinnedAtSchool(uid), 'undone');
  await screen.press('Unpin');
  await screen.find('Undo');
  await waitFor('the pin gone', async () => !(await pinnedAtSchool(uid)));
});

/** Deletes all but 20 entries, and goes as far as the picture before a complete restore. */
async function beforeCompleteRestore(): Promise<void> {
  const { desktop, screen } = scene;
  const all = await scene.entries();
  for (const { uid } of all.slice(20)) await scene.datastore('delete', 's', uid);
  await waitFor(
    'the agent to notice',
    async () => Number((await scene.agent()).TotalEntries) === 20,
  );
  await screen.press('Bring back');
  // An entry's own button is called so too; the toolbar's leads here.
  await screen.find('Whose Journal?');
  await desktop.screenshot('09-whose');
  await desktop.key('Return');
  await screen.find('From which day?');
  await desktop.screenshot('10-when');
  await desktop.key('Return');
  await screen.find(/^\d+ things come back$/);
  await desktop.screenshot('11-go');
}

/** Starts it; the school sends in small pieces, and nothing more once some entries have come. */
async function holdHalfWay(): Promise<Disposable> {
  await scene.desktop.key('Return');
  return waitFor('some to have come', async () => {
    const link = scene.holdSending();
    if (link && Number((await scene.agent()).EntriesDone) > 30) return link; // 20 were here before
    link?.[Symbol.dispose]();
    return undefined;
  });
}

test('a complete restore is stopped half way, keeps what came, and goes on', async () => {
  const { desktop, screen } = scene;
  await beforeCompleteRestore();
  using _link = await holdHalfWay();
  await desktop.key('Escape', 'Tab', 'Return');
  const pressed = Date.now();
  await waitFor('the stop', async () => (await scene.agent()).State !== 'restoring');
  await within('the stop', 2500, Date.now() - pressed);
  await screen.find(/^\d+ of \d+ are here$/);
  await desktop.screenshot('12-half-way');
  await waitFor('Sugar to show what came', async () => {
    const half = (await scene.entries()).length;
    assert.ok(half < ENTRIES, `${half} entries`);
    return half > 20;
  });
  await desktop.key('Return');
  await screen.find(/^\d+ things came back$/);
  await desktop.screenshot('13-all-back');
  assert.ok((await scene.entries()).length >= ENTRIES);
  await desktop.key('Return');
});

test('the server goes away in the middle: it says so, stays usable, and goes on', async () => {
  const { desktop, screen, school } = scene;
  await school.server.daemon.kill();
  await desktop.key('ctrl+f');
  await desktop.type('zzz');
  await desktop.key('Return');
  await screen.find('The school does not answer');
  await desktop.screenshot('14-no-server');
  await school.server.start();
  await screen.press('Try now');
  await screen.find('Nothing found');
  await screen.press('My Backup');
});

test("the agent's death in a backup is survived, and the backup finishes", async () => {
  const { desktop, screen } = scene;
  const file = desktop.writeFile('home/big', randomBytes(24 << 20));
  const properties = {
    title: new Variant('s', 'Una película'),
    mime_type: new Variant('s', 'video/ogg'),
  };
  await scene.datastore('create', 'a{sv}sb', properties, file, false);
  await screen.press('Back up now');
  await waitFor('sending', async () => (await scene.agent()).State === 'sending');
  const pid = await scene.agentPid();
  process.kill(pid, 'SIGKILL');
  await waitFor('another agent', async () => (await scene.agentPid().catch(() => pid)) !== pid);
  await isSafe().catch((error: unknown) => {
    throw new Error(`${error}\n${scene.agentLog()}`);
  });
  await desktop.screenshot('15-after-death');
  assert.not.equal((await scene.agent()).State, 'waiting');
});

test("the child's page opens in Browse, also where Sugar's own registration would end it", async () => {
  const { desktop, screen } = scene;
  await desktop.must('gsettings', 'set', 'org.sugarlabs', 'backup-url', 'http://schoolserver');
  const { x, y } = await screen.find('Days', { role: 'push button' });
  await desktop.click(x, y, 3);
  await screen.press('In Browse');
  const windows = ['search', '--onlyvisible', '--name', '^Browse Activity$'];
  const isOpen = async () => (await desktop.run('xdotool', windows)).stdout.trim() !== '';
  await waitFor('the window of Browse', isOpen);
  await desktop.screenshot('16-browse');
  const url = await desktop.must('gsettings', 'get', 'org.sugarlabs', 'backup-url');
  assert.match(url, /schoolserver/, "the child's own settings are as they were");
  await desktop.key('ctrl+q');
  await waitFor('the keyboard on Backup again', async () => {
    const { stdout } = await desktop.run('xdotool', ['getactivewindow', 'getwindowname']);
    return stdout.trim() === 'Backup';
  });
});

test('it ends by Ctrl+Q and leaves no entry of its own in the Journal', async () => {
  const { desktop, screen } = scene;
  await desktop.key('ctrl+q');
  await screen.gone('My Backup');
  assert.equal(await scene.entries({ activity: 'org.sugarlabs.Backup' }), []);
});

test.run();
