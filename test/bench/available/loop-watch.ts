/**
 * Loaded into a service that is measured: each time its event loop stood still for LIMIT_MS it says for how long,
 * and in which functions, by V8's own samples: also while those waited for the disk in a synchronous call.
 *
 *     node --import tsx --import ./loop-watch.ts PROGRAM        writes "loop-blocked ms=… in=…" lines to stderr
 */
import { type Profiler, Session } from 'node:inspector';

/** As bench:available reads it, in milliseconds. */
const LIMIT_MS = 25;
const BEAT_MS = 5;
const SAMPLE_US = 4000;
const TOLD_FUNCTIONS = 6;
/** What has run without standing still for so long is forgotten, in milliseconds. */
const FORGET_MS = 5000;

// tsx switches them on, and an error's stack takes 200 ms then: not what is measured.
process.setSourceMapsEnabled(false);
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
session.post('Profiler.start');

let last = performance.now();
let started = last;
setInterval(() => {
  const now = performance.now();
  const stood = now - last - BEAT_MS;
  if (stood >= LIMIT_MS) tell(stood);
  else if (now - started > FORGET_MS) tell(0);
  last = performance.now();
}, BEAT_MS).unref();

/** Ends the profile and begins the next one; says what its last `ms` milliseconds were spent in. */
function tell(ms: number): void {
  session.post('Profiler.stop', (_error, result) => {
    if (result && ms > 0) {
      process.stderr.write(`loop-blocked ms=${ms.toFixed(0)} in=${hottest(result.profile, ms)}\n`);
    }
  });
  session.post('Profiler.start');
  started = performance.now();
}

/** The stack, innermost first, that took most of the last `ms` milliseconds. */
function hottest({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, ms: number): string {
  const parents = new Map(nodes.flatMap(({ id, children }) => children?.map((c) => [c, id]) ?? []));
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const spent = new Map<number, number>();
  for (let at = samples.length - 1, left = ms * 1000; at >= 0 && left > 0; at -= 1) {
    const [id = 0, us = 0] = [samples[at], timeDeltas[at]];
    spent.set(id, (spent.get(id) ?? 0) + us);
    left -= us;
  }
  const [[top] = [0]] = [...spent].sort((a, b) => b[1] - a[1]);
  const stack: string[] = [];
  for (let id: number | undefined = top; id !== undefined; id = parents.get(id)) {
    const name = names.get(id);
    if (name && name !== '(root)') stack.push(name);
  }
  return stack.slice(0, TOLD_FUNCTIONS).join('<') || '(nothing seen)';
}
