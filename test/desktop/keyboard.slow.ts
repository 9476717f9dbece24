// weight: 45
/**
 * The Backup activity without a pointer, and for those who listen to it: everything is
 * reached and done with the keyboard or an XO's game keys, and everything that can be acted upon has
 * a name. The agent is a scripted one, so that each screen comes at once.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Variant } from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildXo } from '../../bundle/xo.ts';
import { Bus } from '../../shared/system/bus.ts';
import { waitFor } from '../runner/patience.ts';
import { type Daemon, startDaemon } from '../school/processes.ts';
import { AGENT } from '../school/running-agent.ts';
import { type Desktop, startDesktop } from './desktop.ts';
import { type Heard, ScreenReader } from './screen-reader.ts';

const test = suite('the Backup activity by keyboard and by ear');
const ACTIVITY_ID = 'c'.repeat(40);
const ACTED_UPON = ['push button', 'toggle button', 'text', 'list item', 'menu item'];
/** Between two entries of a restore. */
const SLOW_MS = 2000;
const TABS = 16;
const TOOLBAR_HEIGHT = 75;
/** The XO's game keys, as X calls them. */
const TICK = 'KP_End';
const CROSS = 'KP_Next';

let desktop: Desktop;
let screen: ScreenReader;
let agent: Daemon | undefined;
let activity: Daemon;

test.before(async () => {
  const prepare = (child: Desktop) => void child.makeFolder('home/Activities');
  desktop = await startDesktop({ withoutShell: true, prepare });
  const script = fileURLToPath(new URL('../activity/scripted-agent.ts', import.meta.url));
  agent = startDaemon(process.execPath, ['--import', 'tsx', script, '300'], desktop.env);
  await agent.line(/serving/);
  const xo = await buildXo(join(desktop.folder, 'xo'));
  const folder = join(desktop.home, 'Activities');
  await desktop.must('unzip', '-q', xo, '-d', folder);
  const start = `exec activity/run -b org.sugarlabs.Backup -a ${ACTIVITY_ID}`;
  activity = desktop.start('/bin/sh', ['-c', `cd ${folder}/Backup.activity && ${start}`]);
  screen = new ScreenReader(desktop);
  await screen.find('All safe at school');
});

test.after(async () => {
  await desktop?.[Symbol.asyncDispose]();
  await agent?.stop();
});

async function focused(): Promise<Heard | undefined> {
  return (await screen.all()).find((one) => one.focused && one.role !== 'frame');
}

async function focusIs(fits: (one: Heard) => boolean, what: string): Promise<Heard> {
  return await waitFor(`the keyboard on ${what}`, async () => {
    const one = await focused();
    return one && fits(one) ? one : undefined;
  });
}

const onRow = () => focusIs(({ role }) => role === 'list item', 'a row');
const on = (name: string) => focusIs((one) => one.name === name, name);

async function everythingIsNamed(where: string): Promise<void> {
  const heard = await screen.all();
  const nameless = heard.filter(
    ({ role, name }) => ACTED_UPON.includes(role) && name.trim() === '',
  );
  assert.equal(nameless, [], `without a name, on ${where}`);
  assert.ok(heard.some(({ role }) => ACTED_UPON.includes(role)));
}

test('Tab comes by everything in the toolbar', async () => {
  const seen = new Set<string>();
  for (let press = 0; press < TABS; press += 1) {
    await desktop.key('Tab');
    const one = await focused();
    if (one) seen.add(one.name);
  }
  for (const name of ['My Backup', 'Back up now', 'Bring back', 'Days', 'Pinned', 'Stop']) {
    assert.ok(seen.has(name), `${name}; Tab came by: ${[...seen].join(', ')}`);
  }
  assert.ok(seen.has('Search at school'), 'the search field');
  await everythingIsNamed('the first screen');
});

/** To something in the toolbar; a row's gestures may be called the same. */
async function tabTo(name: string, key = 'Tab'): Promise<void> {
  for (let press = 0; press < TABS; press += 1) {
    const one = await focused();
    if (one?.name === name && one.y < TOOLBAR_HEIGHT) return;
    await desktop.key(key);
  }
  throw new Error(`Tab did not come by ${name}`);
}

test('days, entries and an entry are opened with Enter and left with Escape', async () => {
  await tabTo('Days');
  await desktop.key('Return');
  await onRow();
  await everythingIsNamed('the days');
  await desktop.key('Down', 'Return');
  await screen.find('Pin');
  const first = await onRow();
  await everythingIsNamed('the entries');
  await desktop.key('Down', 'Down', 'Down');
  const third = await focusIs((one) => one.name !== first.name, 'another row');
  await desktop.key('Return');
  await screen.find('Versions at school');
  await on('Bring back');
  await everythingIsNamed('an entry');
  assert.ok(third.name.includes((await titleOfEntry()) ?? '?'), third.name);
  await desktop.key('Escape');
  await screen.gone('Versions at school');
  await onRow();
});

/** The first label that is large: the entry's title. */
async function titleOfEntry(): Promise<string | undefined> {
  const labels = (await screen.all()).filter(({ role }) => role === 'label');
  return labels[0]?.name;
}

test("a row's own gestures are reached with Tab", async () => {
  await desktop.key('Home');
  await onRow();
  await desktop.key('Tab');
  await on('Bring back');
  await desktop.key('Tab');
  await on('Pin');
  await desktop.key('Return');
  await screen.find('Unpin');
  await desktop.key('shift+Tab', 'shift+Tab');
  await onRow();
});

test("the XO's game keys open and leave: the tick and the cross", async () => {
  await desktop.key(TICK);
  await screen.find('Versions at school');
  await desktop.key(CROSS);
  await screen.gone('Versions at school');
  await onRow();
});

test('what one looks for is typed after Ctrl+F, and found rows have the keyboard', async () => {
  await desktop.key('ctrl+f');
  await on('Search at school');
  await desktop.type('luna');
  await desktop.key('Return');
  await screen.find(/^"luna" at school · /);
  assert.match((await onRow()).name, /luna/);
  await everythingIsNamed('what was found');
});

test('a complete restore is begun, stopped and left by keyboard only', async () => {
  using bus = await Bus.open(desktop.env.DBUS_SESSION_BUS_ADDRESS ?? '');
  // Nothing is over before somebody has looked at it, on any machine.
  await bus.call({ ...AGENT, iface: `${AGENT.iface}.Script` }, 'Speed', 'sv', [
    '',
    new Variant('u', SLOW_MS),
  ]);
  await desktop.key('Up'); // out of the list, to the end of the toolbar
  await tabTo('Bring back', 'shift+Tab');
  await desktop.key('Return');
  await screen.find('Whose Journal?');
  await everythingIsNamed('whose');
  await desktop.key('Return');
  await screen.find('From which day?');
  await on('This day');
  await everythingIsNamed('when');
  await desktop.key('Return');
  await screen.find(/things come back$/);
  await desktop.key('Return');
  await screen.find(/^[1-9]\d* of 80$/);
  await everythingIsNamed('a restore');
  const state = async () => (await bus.properties(AGENT)).State;
  assert.is(await state(), 'restoring', 'begun');
  await desktop.key('Escape');
  await screen.find('Stop bringing back?');
  await everythingIsNamed('the question');
  await on('Go on');
  assert.is(await state(), 'restoring', 'it is asked first, and goes on meanwhile');
  await desktop.key('Tab');
  await on('Yes, stop');
  await desktop.key('Return');
  await screen.find(/^\d+ of 80 are here$/);
  const { State, Unfinished } = await bus.properties(AGENT);
  assert.is(State, 'safe', 'stopped');
  const [[, , came, all]] = Unfinished as [[string, string, number, number]];
  assert.ok(came > 0 && came < 80 && all === 80, `${came} of ${all} came back`);
  await everythingIsNamed('what came back');
  await desktop.key('Escape');
  await screen.gone(/ of 80 are here$/);
  await screen.find('All safe at school');
});

test('a signal to end carries out what waits for an undo, and ends it well', async () => {
  using bus = await Bus.open(desktop.env.DBUS_SESSION_BUS_ADDRESS ?? '');
  const pins = async () => ((await bus.call(AGENT, 'ListPins'))[0] as unknown[]).length;
  await tabTo('Pinned');
  await desktop.key('Return');
  await onRow();
  const before = await pins();
  await desktop.key('Tab', 'Tab');
  await on('Unpin');
  await desktop.key('Return');
  await screen.find('Undo');
  assert.is(await pins(), before, 'nothing was done yet');
  await activity.stop();
  assert.is(await activity.ended, 0);
  assert.is(await pins(), before - 1);
});

test.run();
