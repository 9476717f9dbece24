import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import type { Paths } from '../../../agent/paths.ts';
import { Tally } from '../../../agent/restore/tally.ts';
import { openState, type State } from '../../../agent/state.ts';
import { parseSnapshotName, type Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { makeProfile, uidOf } from '../journal/journal.ts';

const test = suite('what a restore counts as written');

const origin = { of: undefined, snapshot: parseSnapshotName('datastore-2026-11-22_14:05') };
const versions = (...uids: Uid[]) => new Map(uids.map((uid) => [uid, digestOf(uid)]));
const countOf = async (state: State) => (await state.unfinishedRestores())[0]?.restored;

const unexpected = () => assert.unreachable();

/** A card whose `sync` does as it is told. */
function makeContext(paths: Paths, sync: string, signal: AbortSignal): Context {
  const program = join(paths.own, 'sync');
  writeFileSync(program, `#!/bin/sh\n${sync}\n`);
  chmodSync(program, 0o755);
  const env = { PATH: `${paths.own}:/usr/bin:/bin` };
  return { paths, env, signal } as unknown as Context;
}

test('nothing counts before the card has it, and nothing is lost when that fails', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  await using state = await openState(paths.state);
  await state.beginRestore(origin, 4);
  const { signal } = new AbortController();
  const tally = new Tally(makeContext(paths, 'exit 1', signal), state, origin);
  tally.note(uidOf(1), digestOf('a'));
  await tally.settle().then(unexpected, (error) => assert.match(error.message, /sync/));
  assert.is(await countOf(state), 0);
  makeContext(paths, 'exit 0', signal);
  tally.note(uidOf(2), digestOf('b'));
  await tally.settle();
  assert.is(await countOf(state), 2);
});

test('a stop that comes while the card is busy takes nothing away', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  await using state = await openState(paths.state);
  await state.beginRestore(origin, 4);
  const stop = new AbortController();
  const tally = new Tally(makeContext(paths, 'sleep 0.2', stop.signal), state, origin);
  tally.note(uidOf(1), digestOf('a'));
  const settling = tally.settle();
  stop.abort(new Error('stopped'));
  await settling.then(unexpected, (error) => assert.is(error.message, 'stopped'));
  assert.is(await countOf(state), 0);
  await tally.settle(new AbortController().signal);
  assert.is(await countOf(state), 1);
});

test('what is here already counts; what the child deleted since counts no more', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  await using state = await openState(paths.state);
  await state.beginRestore(origin, 4);
  const context = makeContext(paths, 'exit 0', new AbortController().signal);
  await new Tally(context, state, origin).begin(new Map(), versions(uidOf(1), uidOf(2)));
  assert.is(await countOf(state), 2);
  const remembered = await state.beginRestore(origin, 4);
  assert.equal(remembered, versions(uidOf(1), uidOf(2)));
  await new Tally(context, state, origin).begin(remembered, versions(uidOf(2), uidOf(3)));
  assert.equal(await state.beginRestore(origin, 4), versions(uidOf(2), uidOf(3)));
});

test.run();
