/** What a backup calls the Journal's state where a part of it cannot be listed. */
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PendingWrites } from '../../../agent/backup/pending-writes.ts';
import { Sender } from '../../../agent/backup/send.ts';
import type { Context } from '../../../agent/context.ts';
import { uidAtSchool } from '../../../agent/journal/entry-name.ts';
import { scanJournal } from '../../../agent/journal/scan.ts';
import { inJournal, type Paths } from '../../../agent/paths.ts';
import { Meter } from '../../../agent/progress.ts';
import type { Session } from '../../../agent/school/session.ts';
import { openState, type State } from '../../../agent/state.ts';
import { realClock } from '../../../shared/clock.ts';
import { parseSnapshotName, type Uid } from '../../../shared/ids.ts';
import { stateDigest } from '../../../shared/journal/sums.ts';
import { makeProfile, putEntry, putProperty, uidOf } from '../journal/journal.ts';
import { SETTLED, stage } from '../journal/staging.ts';

const test = suite('what a backup takes for the Journal');

const snapshot = parseSnapshotName('datastore-2026-11-22_14:05');
const nameIn = (prefix: string, odd = '-'): Uid =>
  `${prefix}${uidOf(1).slice(2)}`.replace('8000-', `8000${odd}`) as Uid;

interface Scene {
  paths: Paths;
  state: State;
  /** A second backup, in which nothing has to be sent. */
  again: () => Promise<{ versions: Uid[]; told: Record<string, string> }>;
}

/** After a backup of entries with these names. */
async function backedUp(names: readonly Uid[], work: (scene: Scene) => Promise<void>) {
  using profile = makeProfile();
  const { paths } = profile;
  for (const name of names) putEntry(paths, name, name);
  await using state = await openState(paths.state);
  const { read } = await stage(paths);
  await state.rememberEntries(read, []);
  const versions = new Map([...read].map(([uid, { digest }]) => [uid, digest]));
  await state.confirm({ snapshot, sequence: 1, state: stateDigest(versions), versions });
  const context = {
    ...{ paths, clock: realClock, freshness: SETTLED, signal: new AbortController().signal },
    config: { batch: { bytes: 1, entries: 1 } },
  } as unknown as Context;
  const again = async () => {
    const sender = new Sender({
      ...{ context, state, meter: new Meter(() => {}), writes: new PendingWrites() },
      gaps: { missing: new Set(), lost: new Set() },
    });
    const scan = await scanJournal(paths, state.entries, () => 0n);
    const reading = await sender.send({} as Session, scan);
    const told = reading.problems.map(({ uid, problem }) => [uid, problem]);
    return { versions: [...reading.versions.keys()].sort(), told: Object.fromEntries(told) };
  };
  await work({ paths, state, again });
}

/** As after damage of the disk; root may list every folder. */
function hide({ journal, own }: Paths, prefix: string): void {
  renameSync(join(journal, prefix), join(own, prefix));
  symlinkSync(join(own, prefix), join(journal, prefix));
}

test('an entry with an odd name keeps its version while its folder cannot be listed', () => {
  const [hidden, odd, seen] = [nameIn('ab'), nameIn('ab', '_'), nameIn('cd', '_')];
  const atSchool = uidAtSchool(odd);
  assert.not(atSchool.startsWith('ab'), 'its uid at school does not say where it is');
  return backedUp([hidden, odd, seen], async ({ paths, again }) => {
    hide(paths, 'ab');
    for (const time of ['the first', 'the second']) {
      const { versions, told } = await again();
      assert.equal(versions, [uidAtSchool(seen), hidden, atSchool].sort(), `${time} time`);
      assert.equal(Object.keys(told).sort(), ['ab/', atSchool].sort());
      assert.match(told[atSchool] ?? '', /is not found; .*folder ab cannot be listed/);
    }
  });
});

test('content that is too short stays named while it is what the school has', () =>
  backedUp([nameIn('ab')], async ({ paths, state, again }) => {
    const uid = nameIn('ab');
    const told = { [uid]: `Journal entry ${uid}: its content has 36 of 99 bytes` };
    putProperty(paths, uid, 'filesize', '99');
    const { read } = await stage(paths);
    const versions = new Map([...read].map(([one, { digest }]) => [one, digest]));
    await state.rememberEntries(read, []);
    await state.confirm({ snapshot, sequence: 2, state: stateDigest(versions), versions });
    assert.equal((await again()).told, {}, 'an activity may write so');
    await state.rememberProblems([{ uid, problem: told[uid] ?? '', partial: true }]);
    assert.equal((await again()).told, told, 'unchanged');
    const known = state.entries.get(uid);
    assert.ok(known);
    await state.rememberEntries(new Map([[uid, { ...known, signature: null }]]), []);
    assert.equal((await again()).told, told, 'read again');
  }));

test('what the child deleted is removed: any entry where all can be listed, else one with a uid', () => {
  const [deleted, odd] = [nameIn('ab'), nameIn('cd', '_')];
  return backedUp([deleted, odd, nameIn('ef')], async ({ paths, again }) => {
    rmSync(inJournal(paths, deleted).path, { recursive: true });
    hide(paths, 'ef');
    assert.equal((await again()).versions, [uidAtSchool(odd), nameIn('ef')].sort());
    rmSync(join(paths.journal, 'ef'));
    renameSync(join(paths.own, 'ef'), join(paths.journal, 'ef'));
    rmSync(inJournal(paths, odd).path, { recursive: true });
    const { versions, told } = await again();
    assert.equal(versions, [nameIn('ef')]);
    assert.equal(told, {});
  });
});

test.run();
