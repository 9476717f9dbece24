import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backUp } from '../../../agent/backup/backup.ts';
import { childEnvironment, readConfig } from '../../../agent/config.ts';
import { realClock } from '../../../shared/clock.ts';
import { asDsError } from '../../../shared/errors.ts';
import { makeProfile } from '../journal/journal.ts';

const test = suite('a backup of a profile without a Journal');

test('names what is missing, and registers no laptop', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  rmSync(paths.journal, { recursive: true });
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const context = {
      ...{ paths, clock: realClock, env: childEnvironment(process.env) },
      config: readConfig(paths, { server: url }, '/nowhere'),
      signal: new AbortController().signal,
      ...{ onProgress: () => {}, warn: () => {} },
    };
    const error = asDsError(await backUp(context, false).catch((caught: unknown) => caught));
    assert.is(error.code, 'unreadable');
    assert.match(error.message, /there is no Journal/);
    assert.equal(asked, []);
    assert.not(existsSync(paths.key), 'nor makes it a key');
  } finally {
    server.close();
  }
});

test.run();
