import { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import { Worker } from '../../../agent/worker/process.ts';
import type { ParentPort } from '../../../agent/worker/protocol.ts';
import { runWorker } from '../../../agent/worker/worker.ts';
import { realClock } from '../../../shared/clock.ts';
import { DsError } from '../../../shared/errors.ts';
import { formatEvent, type Log } from '../../../shared/log.ts';
import { waitFor } from '../../runner/patience.ts';
import { makeProfile } from '../journal/journal.ts';

const test = suite("a worker's warnings");

test('they go to the agent', async () => {
  const sent: unknown[] = [];
  const parent = Object.assign(new EventEmitter(), {
    connected: true,
    send: (report: unknown, _a: unknown, _b: unknown, done: () => void) => {
      sent.push(report);
      done();
      return true;
    },
    disconnect: () => {},
  });
  const stop = new AbortController();
  const ended = runWorker({
    parent: parent as unknown as ParentPort,
    clock: realClock,
    stop,
    makeContext: ({ warn, signal }) => {
      warn('an entry is damaged');
      return { signal } as Context;
    },
  });
  assert.equal(sent, [{ id: 0, type: 'warning', message: 'an entry is damaged' }]);
  stop.abort(new DsError('cancelled', 'over'));
  await ended;
});

test('the agent logs the beginning of each, and not more than fifty of one worker', async () => {
  using profile = makeProfile();
  const script = join(profile.paths.own, 'worker.mjs');
  writeFileSync(
    script,
    `process.on('message', ({ id }) => {
       for (let n = 0; n < 60; n += 1) process.send({ id, type: 'warning', message: n + 'x'.repeat(9999) });
       process.send({ id, type: 'result', result: null });
     });`,
  );
  const lines: string[] = [];
  const log: Log = {
    info: () => {},
    warn: (event, fields) => lines.push(formatEvent(event, fields)),
  };
  const program = { command: [process.execPath, script], env: { PATH: process.env.PATH } };
  await using worker = new Worker(program, log, false);
  await worker.ask('kept', {});
  await waitFor('the warnings', async () => lines.length > 0);
  assert.is(lines.length, 50);
  assert.match(lines[0] ?? '', /^worker-warning message=0x{299}$/);
});

test.run();
