// weight: 120
// calm
/**
 * A complete restore into a running Sugar whose Journal is open: the shell does not stand still, and the newest
 * things are there at once, however many come behind them.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JournalScreen } from '../../desktop/journal-screen.ts';
import { SchoolDesktop } from '../../desktop/school-desktop.ts';
import { gapText, ownPart, ShellPulse } from '../../desktop/shell-pulse.ts';
import { waitFor, within } from '../../runner/patience.ts';
import { soak } from '../../soak.ts';

const test = suite('a complete restore under a running shell');

const ENTRIES = soak(5000, 800);
/** What a child sees without scrolling, and more. */
const NEWEST = 30;
const NEWEST_MS = 5000;
const GAP_MS = 2000;
/** The shell answers at once again, in milliseconds. */
const CALM_MS = 300;

let scene: SchoolDesktop;

test.before(async () => {
  scene = await SchoolDesktop.start({ entries: ENTRIES });
});

test.after(async () => {
  await scene?.[Symbol.asyncDispose]();
});

const uids = async () => (await scene.entries({}, ['uid'])).map(({ uid = '' }) => uid);

/** The uids that stand at the top of the Journal, which it sorts by the time of last use. */
async function newest(): Promise<string[]> {
  const all = await scene.entries({}, ['uid', 'timestamp']);
  return all
    .sort((a, b) => Number(b.timestamp) - Number(a.timestamp))
    .slice(0, NEWEST)
    .map(({ uid = '' }) => uid);
}

/** Follows a job to its end; its summary. */
async function ended(): Promise<void> {
  const isAtWork = async () => !['safe', 'due'].includes(String((await scene.agent()).State));
  await waitFor('the end of the job', async () => !(await isAtWork()), {
    everyMs: 500,
    patienceMs: 900_000,
    why: () => scene.agentLog(),
  });
}

/** Loses everything, and waits until the shell has seen it. */
async function loseAll(pulse: ShellPulse): Promise<void> {
  for (const uid of await uids()) await scene.datastore('delete', 's', uid);
  pulse.longest();
  await waitFor('a calm shell', async () => pulse.longest().whole < CALM_MS, { everyMs: 3000 });
}

test(`${ENTRIES} entries come back: no standstill, and the newest ${NEWEST} first`, async () => {
  await scene.ask('BackUpNow');
  await ended();
  const top = await newest();
  const journal = new JournalScreen(scene);
  await journal.show();
  await using pulse = await ShellPulse.start(scene.bus);
  await loseAll(pulse);
  assert.equal(await uids(), []);
  const began = performance.now();
  await scene.ask('RestoreAll', 'ss', ['', '']);
  let counted = 0;
  await waitFor(
    `the newest ${NEWEST}`,
    async () => {
      const here = new Set(await uids());
      counted = here.size;
      return top.every((uid) => here.has(uid));
    },
    { everyMs: 100, why: () => `${counted} are here\n${scene.agentLog()}` },
  );
  const newestMs = performance.now() - began;
  await waitFor('all of them', async () => (await uids()).length === ENTRIES, {
    everyMs: 500,
    patienceMs: 900_000,
    why: () => scene.agentLog(),
  });
  await ended();
  const gap = pulse.longest();
  const wholeMs = performance.now() - began;
  await scene.desktop.screenshot('restore-pulse');
  const figures = `newest ${NEWEST} after ${Math.round(newestMs)} ms, with ${counted} here; all after`;
  process.stderr.write(`${figures} ${Math.round(wholeMs)} ms; gap ${gapText(gap)} ms\n`);
  assert.not.match(scene.agentLog(), /one by one/, 'a path that floods the shell was not taken');
  assert.ok(counted < ENTRIES, 'the newest were not waited for behind the others');
  await within('the newest', NEWEST_MS, newestMs);
  await within('a standstill of the shell', GAP_MS, ownPart(gap));
  assert.equal((await newest()).sort(), top.sort());
});

test.run();
