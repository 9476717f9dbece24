/**
 * The Backup activity without a pointer, and for those who listen to it (S6, UI.md 11): everything is
 * reached and done with the keyboard or an XO's game keys, and everything that can be acted upon has
 * a name. The agent is a scripted one, so that each screen comes at once.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildXo } from '../../bundle/xo.ts';
import { type Daemon, startDaemon } from '../school/processes.ts';
import { waitFor } from '../school/wait.ts';
import { type Desktop, startDesktop } from './desktop.ts';
import { type Heard, ScreenReader } from './screen-reader.ts';

const test = suite('the Backup activity by keyboard and by ear');
const ACTIVITY_ID = 'c'.repeat(40);
const ACTED_UPON = ['push button', 'toggle button', 'text', 'list item', 'menu item'];
const TABS = 16;
const TOOLBAR_HEIGHT = 75;
/** The XO's game keys, as X calls them. */
const TICK = 'KP_End';
const CROSS = 'KP_Next';

let desktop: Desktop;
let screen: ScreenReader;
let agent: Daemon | undefined;

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
  desktop.start('/bin/sh', ['-c', `cd ${folder}/Backup.activity && ${start}`]);
  screen = new ScreenReader(desktop);
  await screen.find('All safe at school', { ms: 20_000 });
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

test('a complete restore is begun, stopped and left with Enter and Escape only', async () => {
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
  await screen.find(/^\d+ of 80$/);
  await everythingIsNamed('a restore');
  await desktop.key('Escape');
  const [no] = await questionButtons();
  assert.ok(no, 'it is asked first');
  await everythingIsNamed('the question');
});

async function questionButtons(): Promise<Heard[]> {
  return await waitFor('the question', async () => {
    const buttons = (await screen.all()).filter(({ role }) => role === 'push button');
    const asked = buttons.filter(({ name }) => /^(Go on|Stop|Keep going|Yes|No)/.test(name));
    return asked.length >= 2 ? asked : undefined;
  });
}

test.run();
