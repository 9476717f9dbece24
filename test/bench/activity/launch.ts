/**
 * One launch of a Sugar activity in Sugar's real shell, watched from outside in the same way for
 * every activity: from the start of its process until its picture is on the screen; then its memory.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Desktop } from '../../desktop/desktop.ts';
import type { Framebuffer } from '../../desktop/framebuffer.ts';
import { waitFor } from '../../runner/patience.ts';

export interface Launch {
  /** Milliseconds from the process's start to a toolbar with a canvas that has something on it. */
  paint: number;
  /** In MB: its own alone; with its share of what the session's programs have in common; with all of that. */
  own: number;
  share: number;
  resident: number;
}

const LOOK_MS = 4;
/** After the first picture: what is loaded later counts as well. */
const SETTLE_MS = 5000;
const HOME_KEY = 'F3';
/** Until Home has been drawn. */
const HOME_MS = 2500;
/** Sugar's colour of toolbars. */
const TOOLBAR = 0x282828;
const TOOLBAR_HEIGHT = 75;
/** The part of the canvas that is not its background, at least. */
const CONTENT = 0.005;
/** The part of the screen that must look different from before. */
const CHANGE = 0.02;

/** Launches the activity, measures it, ends it, and goes Home. */
export async function launch(
  desktop: Desktop,
  screen: Framebuffer,
  bundleId: string,
): Promise<Launch> {
  const before = screen.lines(0, screen.height);
  const starter = desktop.start('sugar-launch', [bundleId]);
  const { pid } = starter;
  await becomes(pid, bundleId);
  const started = performance.now();
  await until(`${bundleId} on the screen`, () => isPainted(screen, before));
  const paint = performance.now() - started;
  await sleep(SETTLE_MS);
  const memory = memoryOf(desktop, pid);
  await starter.stop();
  await desktop.key(HOME_KEY); // the shell itself goes to whatever was there before
  await sleep(HOME_MS);
  return { paint, ...memory };
}

/**
 * `sugar-launch` becomes the activity: it gets these arguments when it does. What that script of
 * Sugar's needs itself is not counted.
 */
export async function becomes(pid: number, bundleId: string): Promise<void> {
  await until(`a process of ${bundleId}`, () => {
    const args = argumentsOf(pid);
    return args.includes('-b') && args[args.indexOf('-b') + 1] === bundleId;
  });
}

/** The command line of a process; nothing when it has ended. */
export function argumentsOf(pid: number): string[] {
  return readProcess(pid, 'cmdline').split('\0');
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  await waitFor(what, isSo, { everyMs: LOOK_MS });
}

/** A toolbar above, and below it a canvas with something on it; not what was there before. */
function isPainted(screen: Framebuffer, before: readonly number[]): boolean {
  const toolbar = screen.line(4);
  if (toolbar.filter((colour) => colour === TOOLBAR).length < toolbar.length * 0.9) return false;
  const canvas = screen.lines(TOOLBAR_HEIGHT + 8, screen.height);
  const counts = new Map<number, number>();
  for (const colour of canvas) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const background = Math.max(...counts.values());
  if (canvas.length - background < canvas.length * CONTENT) return false;
  return difference(before, screen.lines(0, screen.height)) > CHANGE;
}

function difference(before: readonly number[], now: readonly number[]): number {
  const changed = now.filter((colour, at) => colour !== before[at]).length;
  return changed / now.length;
}

/**
 * The kernel's own "proportional set size" would divide by every process of the machine, by those of
 * other tests as well; here only the laptop's session counts: shell, datastore, agent, X server.
 */
function memoryOf(desktop: Desktop, pid: number): Omit<Launch, 'paint'> {
  const users = new Map<string, number>();
  for (const other of processesOf(desktop)) {
    for (const { file } of mappings(other)) users.set(file, (users.get(file) ?? 0) + 1);
  }
  let [own, share, resident] = [0, 0, 0];
  for (const mapping of mappings(pid)) {
    const common = mapping.resident - mapping.anonymous;
    own += mapping.anonymous;
    share += mapping.anonymous + common / Math.max(1, users.get(mapping.file) ?? 1);
    resident += mapping.resident;
  }
  return { own: own / 1024, share: share / 1024, resident: resident / 1024 };
}

/** What a process has in memory that belongs to no file, in MB. */
export function ownMemory(pid: number): number {
  return mappings(pid).reduce((sum, { anonymous }) => sum + anonymous, 0) / 1024;
}

interface Mapping {
  file: string;
  /** KB in memory, and what of it belongs to no file. */
  resident: number;
  anonymous: number;
}

/** What a process has in memory, by file; what has none is one nameless mapping. */
function mappings(pid: number): Mapping[] {
  const found = new Map<string, Mapping>();
  let now: Mapping | undefined;
  for (const line of readProcess(pid, 'smaps').split('\n')) {
    const [, name] = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      now = found.get(name) ?? { file: name, resident: 0, anonymous: 0 };
      found.set(name, now);
    }
    const [, what, kilobytes] = /^(Rss|Anonymous):\s+(\d+)/.exec(line) ?? [];
    if (now && what === 'Rss') now.resident += Number(kilobytes);
    else if (now && what === 'Anonymous') now.anonymous += Number(kilobytes);
  }
  return [...found.values()].filter(({ resident }) => resident > 0);
}

export function processesOf(desktop: Desktop): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => readProcess(pid, 'environ').includes(`HOME=${desktop.home}\0`));
}

/** A file of the kernel's about a process; nothing when it has ended. */
function readProcess(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
