// weight: 50
/**
 * The Backup activity by pointer, in Sugar's own shell: a press on something does that and nothing
 * else. The agent is a scripted one, so that each screen comes at once.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { waitFor } from '../runner/patience.ts';
import type { Heard } from './screen-reader.ts';
import { Stage } from './stage.ts';
import { CALM, STATES } from './states.ts';

const test = suite('the Backup activity by pointer');

/** Below this line is the page. */
const TOOLBAR = 80;
/** The least side of what a finger presses, in pixels of the XO's screen (200 to the inch). */
const LEAST_SIZE = 44;

let stage: Stage;

test.before(async () => {
  stage = await Stage.start();
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

test.run();
