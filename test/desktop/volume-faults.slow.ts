// weight: 90
// calm
/**
 * A day at school in the Journal while everything behind it dies: Sugar's shell never stands still because of
 * it, no dead mount stays, and other activities can save. Twenty times each with `npm run test:soak`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Variant } from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from '../../bundle/build.ts';
import { waitFor, within } from '../runner/patience.ts';
import { testIf } from '../runner/skip.ts';
import type { MachineEvents } from '../school/machine-events.ts';
import { hold, parentOf, programsOf } from '../school/senders.ts';
import { soak } from '../soak.ts';
import { childMayMount } from './fuse.ts';
import { JournalScreen } from './journal-screen.ts';
import { SchoolDesktop } from './school-desktop.ts';
import { type Gap, gapText, ownPart, ShellPulse } from './shell-pulse.ts';

const all = suite('a day in the Journal, and what dies behind it');
/** Two minutes a round: too long for the suite. */
const ROUNDS = soak(20, 0);
const RUNS = childMayMount() && ROUNDS > 0;
const test = testIf(
  RUNS,
  all,
  'needs sshfs, and /dev/fuse for everybody, and is a part of "npm run test:soak"',
);
/**
 * Rounds with one desktop. Sugar's shell keeps a palette of 22 widgets of each volume that it has ever shown, and
 * each later one costs it more: of its processor's time 0.2 s for the first that dies and 1.6 s for the twentieth, in
 * our measurements. A child opens a few days before she switches the laptop off.
 */
const ROUNDS_EACH = 5;
/** What a child takes for a frozen screen, in milliseconds. */
const FROZEN_MS = 2000;
/** A save waits at most for one content that does not come, and for its turn; in milliseconds. */
const SAVE_MS = 5000;
/** Gestures go on for so long after something has died, in milliseconds. */
const GESTURES_MS = 6000;

let scene: SchoolDesktop;
let journal: JournalScreen;
let pulse: ShellPulse;
let events: MachineEvents;

/** What is open now, in the order in which it was opened. */
const opened: AsyncDisposable[] = [];

async function open(): Promise<void> {
  const env = { NO_AT_BRIDGE: '0' };
  scene = await SchoolDesktop.start({ entries: 150, knownUser: true, env });
  opened.push(scene);
  events = await scene.machineEvents(['networkmanager', 'logind']);
  opened.push(events);
  journal = new JournalScreen(scene);
  pulse = await ShellPulse.start(scene.bus);
  opened.push(pulse);
  await scene.ask('BackUpNow');
  await waitFor('a backup', async () => (await scene.agent()).LastSnapshot !== '');
  await journal.show();
}

async function close(): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
}

all.before(async () => {
  if (RUNS) await build();
});

all.after(close);

const state = async () => ((await scene.agent()).InJournal as string[])[0];
const mounts = () =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(scene.desktop.folder));

/** Processes of the child whose command line matches. */
function pidsOf(pattern: RegExp): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const env = readFileSync(`/proc/${name}/environ`, 'latin1');
        return pattern.test(words) && env.includes(`HOME=${scene.desktop.home}\0`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The worker that serves the mount: the parent of sshfs. */
function servingPid(): number {
  const [sshfs = 0] = pidsOf(/^sshfs /);
  return parentOf(sshfs);
}

function kill(pids: readonly number[], signal: NodeJS.Signals): void {
  assert.ok(pids.length > 0, `nobody to send ${signal} to`);
  for (const pid of pids) process.kill(pid, signal);
}

/** The whole server, with all that works for it. */
function stopServer(): Disposable {
  const stopped = hold(programsOf(scene.school.server));
  if (!stopped) throw new Error('there is no server');
  return stopped;
}

/** Saves something, as an activity does; how long that took, in milliseconds. */
async function save(): Promise<number> {
  const at = performance.now();
  const file = scene.desktop.writeFile('home/saved', 'a poem');
  const properties = { title: new Variant('s', 'saved meanwhile') };
  await scene.datastore('create', 'a{sv}sb', properties, file, false);
  return performance.now() - at;
}

/** What a child does: looks at the button, scrolls to rows that were not shown, and saves. */
async function gestures(): Promise<number> {
  const { desktop } = scene;
  const end = performance.now() + GESTURES_MS;
  let slowest = 0;
  let turn = 0;
  while (performance.now() < end) {
    await journal.hoverVolume();
    await desktop.moveTo(600, 400);
    for (let n = 0; n < 4; n += 1) await desktop.click(600, 400, turn % 5 === 4 ? 4 : 5);
    // Its Created and all others wait in the same queue.
    if (turn % 4 === 1) slowest = Math.max(slowest, await save());
    turn += 1;
    await sleep(100);
  }
  return slowest;
}

/** A day in the Journal, listed. */
async function openDay(): Promise<void> {
  await scene.ask('OpenInJournal', 'ss', ['', '']);
  await waitFor('the button', () => journal.hasVolume());
  await journal.openVolume();
  await waitFor('the list', async () => (await journal.titles()).length >= 8);
}

/** Copies an entry whose content does not come. */
async function copyInVain(): Promise<Disposable> {
  const held = stopServer();
  await journal.openDetails(0);
  await journal.copyToJournal();
  return held;
}

interface Fault {
  /** Makes it happen; what it returns ends it. */
  happen: () => Promise<Disposable | undefined>;
  /** Whether the volume goes away because of it. */
  ends: boolean;
  /** Not in every second round while a content is on its way: it is one of these faults itself. */
  alone?: boolean;
}

const FAULTS: Record<string, Fault> = {
  'the server answers nothing': { happen: async () => stopServer(), ends: false, alone: true },
  'a content hangs': { happen: copyInVain, ends: false, alone: true },
  'ssh dies': {
    happen: async () => {
      kill(pidsOf(/^ssh /), 'SIGKILL');
      return undefined;
    },
    ends: false,
  },
  'the process that serves is stopped': {
    happen: async () => {
      kill([servingPid()], 'SIGSTOP');
      return undefined;
    },
    ends: true,
  },
  'the process that serves is killed': {
    happen: async () => {
      kill([servingPid()], 'SIGKILL');
      return undefined;
    },
    ends: true,
  },
  'sshfs is killed': {
    happen: async () => {
      kill(pidsOf(/^sshfs /), 'SIGKILL');
      return undefined;
    },
    ends: true,
  },
  'the network goes': {
    happen: async () => {
      await events.network('down');
      return { [Symbol.dispose]: () => void events.network('up') };
    },
    ends: true,
  },
  'the laptop goes to sleep': {
    happen: async () => {
      await events.sleep(true);
      return { [Symbol.dispose]: () => void events.sleep(false) };
    },
    ends: true,
  },
};

for (const [name, { happen, ends, alone }] of Object.entries(FAULTS)) {
  test(`${name}: nothing stands still, and nothing is left`, async () => {
    const gaps: Gap[] = [];
    const saves: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round % ROUNDS_EACH === 0) {
        if (round > 0) await close();
        await open();
      }
      await openDay();
      pulse.longest();
      const hanging = alone || round % 2 === 0 ? undefined : await copyInVain();
      const held = await happen();
      saves.push(Math.round(await gestures()));
      gaps.push(pulse.longest());
      if (ends) await waitFor('no mount', async () => mounts().length === 0);
      held?.[Symbol.dispose]();
      hanging?.[Symbol.dispose]();
      if (!ends) assert.is(await state(), 'open', 'it can be used afterwards');
      await scene.ask('CloseInJournal');
      assert.equal(mounts(), []);
      await journal.show();
    }
    await close();
    const worst = Math.max(...gaps.map(ownPart));
    const slowest = Math.max(...saves);
    const shown = gaps.map(gapText).join(', ');
    process.stderr.write(`${name}: gaps ${shown} ms, saves ${saves.join(' ')} ms\n`);
    await within('the shell', FROZEN_MS, worst);
    await within('a save', SAVE_MS, slowest);
  });
}

all.run();
