/**
 * Ends the process when its event loop has stood still for too long, so that whoever started it
 * (systemd) starts it again. A thread of its own looks, because a loop that stands still runs no timer.
 */
import { Worker } from 'node:worker_threads';

/** How often the loop says that it lives, in milliseconds: a fraction of any limit that makes sense. */
const BEAT_MS = 5000;

/** In the thread: [0] counts the beats of the loop. */
const WATCH = `
const { workerData: { beats, beatMs, limitMs, pid } } = require('node:worker_threads');
let seen = -1;
let still = 0;
let before = performance.now();
setInterval(() => {
  const now = performance.now();
  const passed = now - before;
  before = now;
  const count = Atomics.load(beats, 0);
  // Time in which nobody ran (a stopped process, a sleeping machine) counts for one look only.
  still = count === seen ? still + Math.min(passed, 2 * beatMs) : 0;
  seen = count;
  if (still < limitMs) return;
  require('node:fs').writeSync(2, 'stalled seconds=' + Math.round(still / 1000) + '\\n');
  process.kill(pid, 'SIGKILL');
}, beatMs);
`;

/** Watches this process from now on: a loop that stands still for `limitMs` milliseconds is killed. */
export function guardAgainstStall(limitMs: number, beatMs = BEAT_MS): AsyncDisposable {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const beat = setInterval(() => Atomics.add(beats, 0, 1), beatMs);
  beat.unref();
  const worker = new Worker(WATCH, {
    eval: true,
    execArgv: [],
    workerData: { beats, beatMs, limitMs, pid: process.pid },
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8, stackSizeMb: 1 },
  });
  worker.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(beat);
      await worker.terminate();
    },
  };
}
