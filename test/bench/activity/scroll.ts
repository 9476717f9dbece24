/**
 * Scrolls the activity's list of entries in every way a child can, while its main loop is asked all
 * the time whether it is there: how long it does not answer is how long the loop was blocked.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bus } from '../../../shared/system/bus.ts';
import type { Desktop } from '../../desktop/desktop.ts';
import { ScreenReader } from '../../desktop/screen-reader.ts';
import { argumentsOf } from './launch.ts';

export interface Silence {
  asked: number;
  /** Milliseconds without an answer, other programs' part in it included. */
  longest: number;
  /** As `longest`, without what the activity waited for a processor that others had. */
  blocked: number;
}

const BETWEEN_MS = 4;
const PAGES = 40;

/** Opens the activity's list and scrolls it; the activity is ended. */
export async function scroll(desktop: Desktop, bundleId: string): Promise<Silence> {
  const starter = desktop.start('sugar-launch', [bundleId]);
  const screen = new ScreenReader(desktop);
  await screen.press('Days');
  await screen.find('What the school keeps');
  await sleep(1000);
  await desktop.key('Return');
  await screen.find('Pin');
  await sleep(2000);
  const stop = new AbortController();
  const asking = ask(desktop, starter.pid, stop.signal);
  await turnPages(desktop);
  stop.abort();
  const times = await asking;
  await starter.stop();
  return {
    asked: times.length,
    longest: Math.max(...times.map(({ silent }) => silent)),
    blocked: Math.max(...times.map(({ silent, waited }) => silent - waited)),
  };
}

/** By key, by wheel, and from end to end. One process presses all, or we would measure its start. */
async function turnPages(desktop: Desktop): Promise<void> {
  const repeat = (count: number, ms: number) => ['--repeat', String(count), '--delay', String(ms)];
  await desktop.must('xdotool', 'mousemove', '600', '500');
  await desktop.must('xdotool', 'key', ...repeat(PAGES, 60), 'Next');
  await desktop.must('xdotool', 'click', ...repeat(PAGES * 3, 20), '5');
  for (const name of ['End', 'Home', 'End']) {
    await desktop.must('xdotool', 'key', name);
    await sleep(400);
  }
  await desktop.must('xdotool', 'key', ...repeat(PAGES, 30), 'Prior');
  await desktop.must('xdotool', 'key', ...repeat(PAGES, 30), 'Down');
  await sleep(500);
}

/** How long each answer took, and how long meanwhile both sides waited for a processor. */
async function ask(desktop: Desktop, pid: number, signal: AbortSignal) {
  using bus = await Bus.open(desktop.env.DBUS_SESSION_BUS_ADDRESS ?? '');
  const args = argumentsOf(pid);
  const activityId = args[args.indexOf('-a') + 1] ?? '';
  const loop = {
    name: `org.laptop.Activity${activityId}`,
    path: '/',
    iface: 'org.freedesktop.DBus.Peer',
  };
  const waitedBoth = () => waitedForProcessor(String(pid)) + waitedForProcessor('self');
  const times: { silent: number; waited: number }[] = [];
  while (!signal.aborted) {
    const waitedBefore = waitedBoth();
    const start = performance.now();
    await bus.call(loop, 'Ping');
    const silent = performance.now() - start;
    times.push({ silent, waited: Math.min(silent, waitedBoth() - waitedBefore) });
    await sleep(BETWEEN_MS);
  }
  return times;
}

/** Milliseconds that the process's first thread was ready to run and others had the processors. */
function waitedForProcessor(pid: string): number {
  const [, nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
  return Number(nanoseconds) / 1e6;
}
