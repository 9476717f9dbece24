import { chmodSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogFields } from '../../../shared/log.ts';
import { installSession } from '../../../xs/ssh/session-files.ts';
import { checkSessions, hasKnownHoles, hintFor } from '../../../xs/ssh/start-check.ts';
import { inState } from '../../../xs/storage/paths.ts';
import { makeLibrary } from '../library.ts';

const test = suite('whether sessions can work is found out at the start');

const SCRIPT = new URL('../../../xs/ssh/ds-session.sh', import.meta.url).pathname;

test('by one real run of the sandbox; its failure is one line with a way out', async () => {
  using library = makeLibrary();
  const { paths, ownership } = library;
  installSession(paths, SCRIPT, { bytes: 0, inodes: 0 });
  const events: [string, LogFields][] = [];
  const note = (event: string, fields: LogFields = {}) => void events.push([event, fields]);
  const check = { paths, ownership, env: process.env, log: { info: note, warn: note } };
  await checkSessions(check);
  assert.is(events[0]?.[0], 'sessions-work');
  assert.match(String(events[0]?.[1].rsync), /^\d+\.\d+/);
  events.length = 0;
  const { session } = inState(paths);
  writeFileSync(
    session,
    '#!/bin/sh\necho "bwrap: setting up uid map: Permission denied" >&2\nexit 1\n',
  );
  chmodSync(session, 0o755);
  await checkSessions(check);
  assert.is(events[0]?.[0], 'sessions-do-not-work');
  assert.is(events[0]?.[1].reason, 'bwrap: setting up uid map: Permission denied');
  assert.match(String(events[0]?.[1].hint), /user namespaces/);
});

test('versions of rsync with known holes are named', () => {
  const old = ['2.6.9', '3.1.3', '3.2.7', '3.3.0'];
  assert.ok(old.every(hasKnownHoles));
  assert.not.ok(['3.4.0', '3.5.0', '4.0', 'unknown'].some(hasKnownHoles));
  assert.match(hintFor('sh: 1: bwrap: not found'), /apt-get install bubblewrap/);
});

test.run();
