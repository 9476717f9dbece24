// time limit: 240 s
/**
 * The Backup activity by pointer, in Sugar's own shell: a press on something does that and nothing
 * else. The agent is a scripted one, so that each screen comes at once.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Stage } from './stage.ts';

const test = suite('the Backup activity by pointer');

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

test.run();
