import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connect } from '../../agent/connection.ts';
import type { Context } from '../../agent/context.ts';
import { Control } from '../../agent/control.ts';
import { agentPaths } from '../../agent/paths.ts';
import { DsError } from '../../shared/errors.ts';

const test = suite('A6: a connection that never was');

const ENROLMENT = { login: 'shc0000', sshPort: 22 } as Parameters<typeof connect>[2];

/** What the first request gets when ssh says this at once, with so many milliseconds between. */
async function firstAnswer(complaint: string, pauseMs: number): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-connection-'));
  try {
    const ssh = join(folder, 'ssh');
    writeFileSync(ssh, `#!/bin/sh\necho "${complaint}" >&2\nexit 255\n`);
    chmodSync(ssh, 0o755);
    const signal = new AbortController().signal;
    const context = {
      env: { PATH: `${folder}:${process.env.PATH}` },
      signal,
      paths: agentPaths(folder),
    } as unknown as Context;
    await using connection = connect(context, 'http://127.0.0.1:1', ENROLMENT);
    await sleep(pauseMs);
    const late = sleep(5000, 'no answer at all', { ref: true });
    const asked = new Control(connection, signal).state().catch((error: unknown) => error);
    return await Promise.race([asked, late]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const pauseMs of [0, 300]) {
  test(`the first question is told why, ${pauseMs} ms after ssh was started`, async () => {
    const refused = 'ssh: connect to host 127.0.0.1 port 1: Connection refused';
    const error = await firstAnswer(refused, pauseMs);
    assert.instance(error, DsError);
    assert.is((error as DsError).code, 'server-unreachable');
    assert.match((error as DsError).message, /Connection refused/);
  });
}

test.run();
