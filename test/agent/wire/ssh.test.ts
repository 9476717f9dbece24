import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import { agentPaths } from '../../../agent/paths.ts';
import { Control } from '../../../agent/wire/api.ts';
import { type Connection, type ConnectionOptions, connect } from '../../../agent/wire/ssh.ts';
import { DsError } from '../../../shared/errors.ts';
import { parseSerial } from '../../../shared/ids.ts';
import { waitFor, within } from '../../runner/patience.ts';

const test = suite('the ssh connection');

const OWNER = {
  ...{ serial: parseSerial('SHC00800000'), instance: '0'.repeat(32) },
  ...{ onConfirmed: () => {}, onClassPage: () => {}, onMoved: async () => {} },
};
const ENROLMENT = { login: 'shc0000', sshPort: 22 } as ConnectionOptions['enrolment'];

const { signal } = new AbortController();

/** Does something with a connection by way of an ssh that is this shell script, in the folder that `work` is told. */
async function withSsh<T>(
  script: string,
  work: (connection: Connection, folder: string) => Promise<T>,
  onKeyRefused = () => {},
  prepare: (own: string) => void = () => {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-connection-'));
  const paths = agentPaths(folder);
  mkdirSync(paths.own);
  prepare(paths.own);
  try {
    const ssh = join(folder, 'ssh');
    writeFileSync(ssh, `#!/bin/sh\n${script}\n`);
    chmodSync(ssh, 0o755);
    const context = {
      env: { PATH: `${folder}:${process.env.PATH}` },
      signal,
      paths,
    } as unknown as Context;
    await using connection = connect(context, {
      server: 'http://127.0.0.1:1',
      enrolment: ENROLMENT,
      onKeyRefused,
      onUnreachable: () => {},
    });
    return await work(connection, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a promise answers; throws if it never does. */
async function answerOf<T>(what: string, asked: Promise<T>): Promise<T> {
  const answers: T[] = [];
  asked.then((answer) => answers.push(answer)).catch(() => {});
  await waitFor(what, () => answers.length > 0);
  return asked;
}

/** What the first request gets when ssh says this at once; asked while it may run, or once it has ended. */
function firstAnswer(stderr: string, isOver: boolean): Promise<unknown> {
  return withSsh(`echo "${stderr}" >&2; exit 255`, async (connection) => {
    if (isOver) await connection.ready();
    const asked = new Control(connection, signal, OWNER).state().catch((error: unknown) => error);
    return answerOf('an answer', asked);
  });
}

for (const isOver of [false, true]) {
  test(`the first question is told why, ${isOver ? 'once ssh has ended' : 'asked at once'}`, async () => {
    const refused = 'ssh: connect to host 127.0.0.1 port 1: Connection refused';
    const error = await firstAnswer(refused, isOver);
    assert.instance(error, DsError);
    assert.is((error as DsError).code, 'server-unreachable');
    assert.match((error as DsError).message, /Connection refused/);
  });
}

test('a refused key is reported once the first question failed, and a wrong host key is not', async () => {
  const outcomes = [
    ['user@host: Permission denied (publickey).', 'not-registered', 1],
    ['Host key verification failed.', 'untrusted-server', 0],
  ] as const;
  for (const [stderr, code, times] of outcomes) {
    let refusals = 0;
    const asked = await withSsh(
      `echo "${stderr}" >&2; exit 255`,
      (connection) =>
        new Control(connection, signal, OWNER).state().catch((error: unknown) => error),
      () => {
        refusals += 1;
      },
    );
    assert.is((asked as DsError).code, code);
    assert.is(refusals, times);
  }
});

test('a key that everybody may read is closed, since ssh would leave it alone', async () => {
  const script = 'ls -lL "$(dirname "$2")/key" | cut -c 1-10 >&2; exit 255';
  const prepare = (folder: string) => writeFileSync(join(folder, 'key'), '', { mode: 0o777 });
  const failure = await withSsh(
    script,
    async (connection) => {
      await connection.ready();
      return connection.failure();
    },
    () => {},
    prepare,
  );
  assert.match(String(failure), /-rw-------/);
});

test('whoever waits for it to be ready does not wait for one that never was', async () => {
  const ready = withSsh('exit 255', (connection) => connection.ready());
  await answerOf('nothing to wait for', ready);
});

test('it is ended at once, and only once, also by an ssh that does not want to', async () => {
  let start = 0;
  const script = 'trap "" TERM; : >"$(dirname "$0")/deaf"; while :; do sleep 0.1; done';
  await withSsh(script, async (connection, folder) => {
    await waitFor('an ssh that does not want to', () => existsSync(join(folder, 'deaf')));
    start = performance.now();
    connection.beginClose();
    connection.beginClose();
  });
  const ms = performance.now() - start;
  await within('hanging up', 5000, ms);
});

test.run();
