/** What becomes of things for the class that the school does not find: never a word that is not true. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import { readVersion } from '../../../agent/journal/read-entry.ts';
import { inJournal } from '../../../agent/paths.ts';
import { openState } from '../../../agent/state.ts';
import { sendOffers } from '../../../agent/worker/send-offers.ts';
import type { WorkerContext } from '../../../agent/worker/worker-context.ts';
import { DsError } from '../../../shared/errors.ts';
import { parseSnapshotName } from '../../../shared/ids.ts';
import { stateDigest } from '../../../shared/journal/sums.ts';
import { makeProfile, putEntry, uidOf } from '../journal/journal.ts';

const test = suite('offers that the school does not find');

const { signal } = new AbortController();
const GONE = new DsError('not-found', 'datastore-… holds no entry');
const NO_PAGE = new DsError('not-found', 'there is no such page');

/** Sends one entry that is safe at school, as this laptop knows it. */
async function sendOne(offer: () => Promise<string>, list: () => Promise<object>) {
  using profile = makeProfile();
  const { paths } = profile;
  const uid = uidOf(1);
  putEntry(paths, uid, 'a drawing');
  {
    await using state = await openState(paths.state);
    const { digest, signature, entry } = await readVersion(inJournal(paths, uid), signal);
    const versions = new Map([[uid, digest]]);
    const content = entry.content?.digest ?? null;
    await state.rememberEntries(new Map([[uid, { signature, digest, content }]]), []);
    const snapshot = parseSnapshotName('datastore-2026-11-22_09:30');
    await state.confirm({ snapshot, sequence: 1, state: stateDigest(versions), versions });
  }
  const control = { offerToClass: offer, classOffers: list };
  const worker = {
    context: { paths, signal, env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' } },
    session: { ask: (work: (session: unknown) => unknown) => work({ control }) },
  };
  return await sendOffers(worker as unknown as WorkerContext & { context: Context }, {
    entries: [uid],
  });
}

test('a thing that is not at school any more goes there first', async () => {
  const sent = await sendOne(
    () => Promise.reject(GONE),
    async () => [],
  );
  assert.equal(sent, { states: {}, waiting: [uidOf(1)], refused: [] });
});

test('a page that is not there is a refusal', async () => {
  const sent = await sendOne(
    () => Promise.reject(NO_PAGE),
    () => Promise.reject(NO_PAGE),
  );
  assert.equal([sent.waiting, sent.refused.map(({ code }) => code)], [[], ['not-found']]);
});

test('what is offered is', async () => {
  const sent = await sendOne(
    async () => 'offered',
    async () => [],
  );
  assert.equal(sent.states, { [uidOf(1)]: 'offered' });
});

test.run();
