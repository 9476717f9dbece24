/**
 * Loaded into a service that is measured: says what made an answer late, the event loop that stood still, the
 * threads in which Node waits for the disk, or what a request waited for otherwise. Costs next to nothing, so it is
 * always on.
 *
 *     node --import tsx --import ./gauge.ts PROGRAM
 *
 * writes "loop-late ms=…", "threads-late ms=…" and "request-late ms=… path=…" to stderr.
 */
import { subscribe } from 'node:diagnostics_channel';
import { access } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is shorter is not told, in milliseconds. */
const TOLD_MS = 20;
const RESOLUTION_MS = 5;
const LOOK_MS = 50;

// tsx switches them on, and an error's stack takes 200 ms then: not what is measured.
process.setSourceMapsEnabled(false);
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
loop.enable();
setInterval(() => {
  tell('loop-late', loop.max / 1e6 - RESOLUTION_MS);
  loop.reset();
}, LOOK_MS).unref();

void (async () => {
  for (;;) {
    const asked = performance.now();
    await access('/'); // needs a thread, and no disk
    tell('threads-late', performance.now() - asked);
    await sleep(LOOK_MS, undefined, { ref: false });
  }
})();

const begun = new WeakMap<IncomingMessage, number>();
subscribe('http.server.request.start', (message) => {
  begun.set((message as { request: IncomingMessage }).request, performance.now());
});
subscribe('http.server.response.finish', (message) => {
  const { request } = message as { request: IncomingMessage };
  const ms = performance.now() - (begun.get(request) ?? Number.NaN);
  if (ms >= TOLD_MS) process.stderr.write(`request-late ms=${ms.toFixed(0)} path=${request.url}\n`);
});

function tell(what: string, ms: number): void {
  if (ms >= TOLD_MS) process.stderr.write(`${what} ms=${ms.toFixed(0)}\n`);
}
