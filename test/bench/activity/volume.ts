/**
 * `npm run bench:volume`: a day at school of 2,000 entries in Sugar's own Journal. From the click on its
 * button until nothing moves in the list any more, and the memory of those who serve it. Exits with 1 when a
 * limit is missed, or anything is left afterwards.
 *
 *     --rounds N   openings; the median counts (default 5)
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Framebuffer } from '../../desktop/framebuffer.ts';
import { JournalScreen } from '../../desktop/journal-screen.ts';
import { SchoolDesktop } from '../../desktop/school-desktop.ts';
import { waitFor } from '../../runner/patience.ts';
import { parentOf } from '../../school/senders.ts';
import { median } from '../report.ts';
import { argumentsOf, ownMemory, processesOf } from './launch.ts';

const ENTRIES = 2000;
const LIST_LIMIT_MS = 600;
const MEMORY_LIMIT_MB = 60;
/** The first rows of the list: below the toolbars, above what a palette of the button covers. */
const ROWS = { from: 80, to: 400 };
const LOOK_MS = 5;
/** So long after the click a change still counts; and so long before it nothing may move. */
const WATCHED_MS = 4000;
const STILL_MS = 1000;

interface Opening {
  listMs: number;
  memoryMb: number;
}

/** When the list was last seen to change, in milliseconds from now; it is watched for `WATCHED_MS`. */
async function lastChange(screen: Framebuffer): Promise<number> {
  const start = performance.now();
  let before = screen.lines(ROWS.from, ROWS.to).join();
  let last = 0;
  while (performance.now() - start < WATCHED_MS) {
    await sleep(LOOK_MS);
    const now = screen.lines(ROWS.from, ROWS.to).join();
    if (now !== before) last = performance.now() - start;
    before = now;
  }
  return last;
}

/** Those who serve the volume: sshfs, and the worker whose child it is. */
function servers({ desktop }: SchoolDesktop): number[] {
  return processesOf(desktop)
    .filter((pid) => argumentsOf(pid)[0] === 'sshfs')
    .flatMap((pid) => [pid, parentOf(pid)]);
}

async function openOnce(
  scene: SchoolDesktop,
  journal: JournalScreen,
  screen: Framebuffer,
): Promise<Opening> {
  await scene.ask('OpenInJournal', 'ss', ['', '']);
  await waitFor('the button', () => journal.hasVolume());
  await sleep(STILL_MS);
  const watched = lastChange(screen);
  await journal.openVolume();
  const listMs = await watched;
  if (listMs === 0) throw new Error('nothing moved in the list');
  const serving = servers(scene);
  const memoryMb = serving.reduce((sum, pid) => sum + ownMemory(pid), 0);
  await scene.ask('CloseInJournal');
  await waitFor('nobody left of it', () => serving.every((pid) => argumentsOf(pid)[0] === ''));
  await journal.show();
  return { listMs, memoryMb };
}

async function measure(rounds: number): Promise<Opening[]> {
  const env = { NO_AT_BRIDGE: '0' };
  const options = { entries: ENTRIES, knownUser: true, framebuffer: true, env };
  await using scene = await SchoolDesktop.start(options);
  using screen = new Framebuffer(scene.desktop);
  const journal = new JournalScreen(scene);
  await scene.ask('BackUpNow');
  await waitFor('a backup', async () => (await scene.agent()).LastSnapshot !== '');
  await journal.show();
  const openings: Opening[] = [];
  // The first one is not counted: it fills the page cache.
  for (let round = 0; round <= rounds; round += 1) {
    const opening = await openOnce(scene, journal, screen);
    if (round > 0) openings.push(opening);
  }
  return openings;
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const openings = await measure(Math.max(1, Number(values.rounds) || 1));
const rows = [
  { what: 'listed after, ms', of: openings.map(({ listMs }) => listMs), limit: LIST_LIMIT_MS },
  { what: 'memory, MB', of: openings.map(({ memoryMb }) => memoryMb), limit: MEMORY_LIMIT_MB },
];
for (const { what, of, limit } of rows) {
  const kept = median(of) <= limit ? '' : '  MISSED';
  const all = of.map((value) => value.toFixed(0)).join(' ');
  process.stdout.write(`${what}: ${median(of).toFixed(0)} of ${limit} (${all})${kept}\n`);
}
process.exitCode = rows.every(({ of, limit }) => median(of) <= limit) ? 0 : 1;
