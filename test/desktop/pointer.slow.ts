// weight: 50
/**
 * The Backup activity by pointer, in Sugar's own shell: a press on something does that and nothing
 * else. The agent is a scripted one, so that each screen comes at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { waitFor } from '../runner/patience.ts';
import type { Heard } from './screen-reader.ts';
import { CALM, STATES, Stage } from './stage.ts';

const test = suite('the Backup activity by pointer');

/** Below this line is the page. */
const TOOLBAR = 80;
/** The least side of what a finger presses, in pixels of the XO's screen (200 to the inch). */
const LEAST_SIZE = 44;
/** By then a search for what was typed has begun. */
const SEARCH_MS = 1500;

let stage: Stage;

test.before(async () => {
  // With it, the key for logging out is one for everybody.
  stage = await Stage.start({ env: { SUGAR_DEVELOPER: '1' } });
});

test.after(async () => {
  await stage?.[Symbol.asyncDispose]();
});

test("a row's own signs act, and only that: the row is not opened", async () => {
  const { desktop, screen } = stage;
  await screen.press('Days');
  await screen.find('What the school keeps');
  await screen.click(/^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day/);
  const pin = await screen.find('Pin', { role: 'push button' });
  await desktop.click(pin.x, pin.y);
  await screen.find('Pinned: the school keeps it.');
  await screen.find('Unpin', { role: 'push button' });
  await assertOnList();
  const bring = (await screen.all()).filter(
    ({ name, role, y }) => name === 'Bring back' && role === 'push button' && y > 100,
  );
  assert.ok(bring[0]);
  await desktop.click(bring[0]?.x ?? 0, bring[0]?.y ?? 0);
  await screen.find(/^It is (on its way|at the top of your Journal)/);
  await assertOnList();
});

/** Nothing but the list, and it stays so: an opened page comes within a moment. */
async function assertOnList(): Promise<void> {
  for (let looks = 0; looks < 3; looks += 1) {
    const names = (await stage.screen.all()).map(({ name }) => name);
    assert.not(names.includes('Versions at school'), "the entry's page opened");
  }
}

test('a press on the rest of a row opens it', async () => {
  const { desktop, screen } = stage;
  const rows = (await screen.all()).filter(({ role }) => role === 'list item');
  const row = rows[1];
  assert.ok(row);
  await desktop.click((row?.x ?? 0) - (row?.width ?? 0) / 4, row?.y ?? 0);
  await screen.find('Versions at school');
});

/** The page's own button, not the toolbar's of the same name. */
async function onPage(name: string): Promise<Heard> {
  return await waitFor(`${name} on the page`, async () => {
    const all = await stage.screen.all();
    return all.find((one) => one.name === name && one.role === 'push button' && one.y > TOOLBAR);
  });
}

test('an alert lies over the screen: nothing moves below the finger', async () => {
  const { screen } = stage;
  await screen.press('Days');
  await screen.click(/^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day/);
  await screen.gone(/^(It is|Pinned:)/);
  const places = async () =>
    (await screen.all()).flatMap(({ role, x, y }) => (role === 'list item' ? [`${x} ${y}`] : []));
  const before = await places();
  await stage.fail('KeepAtSchool', 'battery');
  const keep = await onPage('Keep at school');
  await stage.desktop.click(keep.x, keep.y);
  await screen.find('Plug me in');
  assert.equal(await places(), before);
  await stage.mend();
});

test('Escape ends no backup, nor does pressing on where it was begun; Cancel does', async () => {
  const { desktop, screen } = stage;
  await stage.speed(3000);
  await screen.press('My Backup');
  await stage.set({ ...CALM, ...STATES.due });
  const begin = await onPage('Back up now');
  await desktop.click(begin.x, begin.y);
  await desktop.click(begin.x, begin.y);
  await screen.find(/^\d+ of 300$/);
  const cancel = await onPage('Cancel');
  assert.ok(!covers(cancel, begin), 'it stands somewhere else');
  await desktop.key('Escape');
  await desktop.click(begin.x, begin.y);
  await screen.find('Cancel', { role: 'push button' });
  await screen.find(/^\d+ of 300$/);
  await desktop.click(cancel.x, cancel.y);
  await screen.gone('Cancel');
  await stage.set(CALM);
  await screen.find('All safe at school');
});

function covers(one: Heard, { x, y }: { x: number; y: number }): boolean {
  return Math.abs(one.x - x) <= one.width / 2 && Math.abs(one.y - y) <= one.height / 2;
}

test('the search is emptied with Escape and with its cross', async () => {
  const { desktop, screen } = stage;
  const empty = async () => await screen.find('Search at school');
  await desktop.key('ctrl+f');
  await desktop.type('luna');
  await screen.find('"luna" at school');
  await desktop.key('Escape');
  await screen.find('What the school keeps');
  const field = await empty();
  await desktop.type('volc');
  await screen.find('"volc" at school');
  // The cross is at the field's end.
  await desktop.click(Math.round(field.x + field.width / 2 - 27), field.y);
  await screen.find('What the school keeps');
});

/** Letters and a press so fast that the search for the letters has not begun: one command does both. */
async function typeAndPress(letters: string, { x, y }: Heard): Promise<void> {
  const press = ['mousemove', String(x), String(y), 'click', '1'];
  await stage.desktop.must('xdotool', 'key', ...letters, ...press);
}

test('what is typed just before another screen is asked for leads nowhere', async () => {
  const { desktop, screen } = stage;
  for (const tool of ['Days', 'Pinned', 'My Backup']) {
    const { x, y } = await screen.find('Search at school');
    await desktop.click(x, y);
    await typeAndPress('luna', await screen.find(tool, { role: 'push button' }));
    await sleep(SEARCH_MS); // in which nothing may happen
    const names = (await screen.all()).map(({ name }) => name);
    assert.not(names.includes('"luna" at school'), `it left ${tool}`);
    assert.not(
      (await screen.all()).some(({ role, text }) => role === 'text' && text !== ''),
      'what was typed is gone from the field',
    );
  }
});

test('who has gone to the search meanwhile keeps the keyboard when the list comes', async () => {
  const { desktop, screen } = stage;
  await screen.press('Days');
  await screen.find('What the school keeps');
  const days = (await screen.all()).filter(({ role }) => role === 'list item');
  await stage.hold('ListEntries');
  await desktop.click(days[4]?.x ?? 0, days[4]?.y ?? 0);
  await screen.gone('What the school keeps');
  await desktop.key('ctrl+f');
  const isTyping = async () =>
    (await screen.all()).some(({ role, focused }) => role === 'text' && focused);
  await waitFor('the keyboard in the search', isTyping);
  await stage.letGo('ListEntries');
  await screen.find('Pin', { role: 'push button' });
  await sleep(SEARCH_MS); // in which nothing may happen
  assert.ok(await isTyping());
  await desktop.type('volc');
  await screen.find(/^"volc" at school/);
  await desktop.key('Escape');
  await screen.gone(/^"volc" at school/);
});

test('a sign says its name when the pointer rests on it, in a palette of Sugar', async () => {
  const { desktop, screen } = stage;
  const pin = await screen.find('Pin', { role: 'push button' });
  await desktop.moveTo(pin.x, pin.y);
  await waitFor('the name', async () =>
    (await screen.all()).some(
      ({ name, role, y }) => name === 'Pin' && role === 'label' && y > TOOLBAR,
    ),
  );
  await desktop.screenshot('pointer-name');
  await desktop.moveTo(5, 500);
});

/** The name beside a sign, which is shown in a palette. */
async function isNamed(name: string): Promise<boolean> {
  const all = await stage.screen.all();
  return all.some((one) => one.name === name && one.role === 'label' && one.y > TOOLBAR);
}

test('a finger that stays on a sign reads its name, and does nothing else', async () => {
  const { desktop, screen } = stage;
  for (const name of ['Pin', 'Bring back', 'Keep at school']) {
    const sign = await onPage(name);
    const before = (await screen.all()).filter((one) => one.name === name).length;
    await desktop.moveTo(5, 500);
    await desktop.must('xdotool', 'mousemove', String(sign.x), String(sign.y), 'mousedown', '1');
    await waitFor(`the name of ${name}`, () => isNamed(name));
    await desktop.must('xdotool', 'mouseup', '1');
    await desktop.moveTo(5, 500);
    await waitFor(`${name} to be closed`, async () => !(await isNamed(name)));
    const after = (await screen.all()).filter((one) => one.name === name).length;
    assert.is(after, before, `${name} was not pressed`);
    assert.not((await screen.all()).some((one) => /^(It is|Pinned:|Its content)/.test(one.name)));
  }
});

test('the other button of the pointer opens the name at once', async () => {
  const { desktop } = stage;
  const pin = await onPage('Pin');
  await desktop.click(pin.x, pin.y, 3);
  await waitFor('the name', () => isNamed('Pin'));
  await desktop.moveTo(5, 500);
});

test('everything that is pressed is large enough for a finger', async () => {
  const { screen } = stage;
  for (const { name, role, width, height } of await screen.all()) {
    if (role !== 'push button') continue;
    assert.ok(Math.min(width, height) >= LEAST_SIZE, `${name}: ${width} x ${height}`);
  }
});

test('the calendar is read in order, from Monday and from the first of the month', async () => {
  const { screen } = stage;
  await screen.press('Bring back');
  await screen.press(/, This laptop$/);
  await screen.find('From which day?');
  const heard = (await screen.all()).map(({ name }) => name);
  const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
  assert.equal(
    heard.filter((name) => weekdays.includes(name)),
    weekdays,
  );
  const month = heard.slice(heard.indexOf('Sun') + 1);
  const days = month
    .flatMap((name) => /^(\d+)$| (\d+),/.exec(name)?.slice(1) ?? [])
    .filter(Boolean);
  const first = Array.from({ length: 28 }, (_, n) => String(n + 1));
  assert.equal(days.slice(0, 28), first);
});

test('at logout what waits for an undo is done, and the activity has ended', async () => {
  const { desktop, screen } = stage;
  await screen.press('Pinned');
  const before = await stage.pins();
  const unpin = await onPage('Unpin');
  await desktop.click(unpin.x, unpin.y);
  await screen.find('Undo');
  await desktop.key('alt+shift+q');
  await waitFor('the pin gone', async () => (await stage.pins()) === before - 1);
  await waitFor('the end of the activity', async () => !(await stage.isOpen()));
});

test.run();
