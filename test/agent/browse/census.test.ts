import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countStandings, takeCensus } from '../../../agent/browse/census.ts';
import { readStandings } from '../../../agent/browse/facts.ts';
import type { Context } from '../../../agent/context.ts';
import { inJournal } from '../../../agent/paths.ts';
import { openState, type Problem } from '../../../agent/state.ts';
import { realClock } from '../../../shared/clock.ts';
import { type Digest, parseSnapshotName, type Uid } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { stateDigest } from '../../../shared/journal/sums.ts';
import { makeProfile, putEntry, uidOf } from '../journal/journal.ts';
import { stage } from '../journal/staging.ts';

const test = suite('where every entry stands');

const snapshot = parseSnapshotName('datastore-2026-11-22_14:05');
const [A, B] = ['a', 'b'].map((text) => digestOf(text)) as [Digest, Digest];
const ONE = uidOf(1);

interface Row {
  what: string;
  local?: Digest | null;
  shown?: boolean;
  base?: Digest;
  problem?: Partial<Problem>;
  state: string;
  advice?: RegExp;
}

/** `local` null: on the disk, changed since it was read; absent: not on the disk. `shown`: true unless given. */
const TABLE: Row[] = [
  { what: 'as it is at school', local: A, base: A, state: 'safe' },
  { what: 'another version at school', local: A, base: B, state: 'waiting' },
  { what: 'never backed up', local: A, state: 'waiting' },
  { what: 'not read yet', local: null, state: 'waiting' },
  { what: 'changed since it was read', local: null, base: A, state: 'waiting' },
  { what: 'unreadable', local: null, problem: {}, state: 'problem', advice: /stick/ },
  { what: 'its remains', local: null, base: A, problem: {}, state: 'problem', advice: /earlier/ },
  {
    ...{ what: 'one odd property', local: A, base: A, problem: { partial: true } },
    ...{ state: 'problem', advice: /the rest/ },
  },
  { what: 'not on the disk', state: 'problem', advice: /restart Sugar/ },
  { what: 'gone from the disk, at school', base: A, state: 'problem', advice: /earlier/ },
  {
    ...{ what: 'in a folder that cannot be listed', problem: { uid: '00/' as const } },
    ...{ state: 'problem', advice: /stick/ },
  },
  {
    ...{ what: 'in a folder that cannot be listed, Sugar off', shown: false, base: A },
    ...{ problem: { uid: '00/' as const }, state: 'problem', advice: /earlier/ },
  },
];

for (const { what, local, shown = true, base, problem, state, advice } of TABLE) {
  test(`${what} → ${state}`, () => {
    const others = new Map<Uid, Digest | undefined>([[uidOf(7), A]]);
    if (local !== undefined) others.set(ONE, local ?? undefined);
    const rows = takeCensus({
      local: others,
      shown: shown ? new Set([ONE, uidOf(7)]) : undefined,
      confirmed: {
        snapshot,
        versions: new Map([[uidOf(7), A], ...(base ? [[ONE, base] as const] : [])]),
      },
      problems: problem ? [{ uid: ONE, problem: 'odd', ...problem } as Problem] : [],
    }).filter(({ uid }) => uid === ONE);
    assert.is(rows.length, 1);
    assert.is(rows[0]?.state, state);
    if (rows[0]?.state === 'safe')
      assert.equal(rows[0], { uid: ONE, state: 'safe', digest: A, snapshot });
    if (advice) assert.match(rows[0]?.state === 'problem' ? rows[0].advice : '', advice);
  });
}

test('the sum is what Sugar shows, whatever else is on the disk', () => {
  const local = new Map([1, 2, 3, 4].map((n) => [uidOf(n), A] as const));
  const shown = new Set([2, 3, 4, 5].map(uidOf));
  const confirmed = { snapshot, versions: new Map([[uidOf(2), A]]) };
  const problems = [{ uid: uidOf(3), problem: 'x' }];
  const rows = takeCensus({ local, shown, confirmed, problems });
  const counts = countStandings(rows);
  assert.equal(counts, { total: 4, safe: 1, toSend: 1, problems: 2 });
  assert.equal(
    rows.map(({ state }) => state),
    ['problem', 'problem', 'waiting', 'safe'],
  );
});

test('an entry with the worse of two problems counts once', () => {
  const problems: Problem[] = [
    { uid: ONE, problem: 'partly', partial: true },
    { uid: ONE, problem: 'wholly' },
    { uid: ONE, problem: 'partly again', partial: true },
  ];
  const local = new Map([[ONE, A]]);
  const rows = takeCensus({ local, shown: undefined, confirmed: undefined, problems });
  assert.equal(
    rows.map((row) => (row.state === 'problem' ? row.problem : row.state)),
    ['wholly'],
  );
});

test('what a backup found is remembered, and told while it is so', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (const n of [1, 2, 3]) putEntry(paths, uidOf(n), 'x');
  const odd = join(inJournal(paths, uidOf(1)).path, 'metadata', '__proto__');
  writeFileSync(odd, 'x');
  const { read, problems } = await stage(paths);
  {
    await using state = await openState(paths.state);
    await state.rememberEntries(read, []);
    await state.rememberProblems(problems);
    const versions = new Map([...read].map(([uid, { digest }]) => [uid, digest]));
    versions.delete(uidOf(3));
    await state.confirm({ snapshot, sequence: 1, state: stateDigest(versions), versions });
  }
  const signal = new AbortController().signal;
  const context = { paths, env: {}, clock: realClock, signal } as unknown as Context;
  const states = async () =>
    Object.fromEntries((await readStandings(context)).map(({ uid, state }) => [uid, state]));
  const expected = { [uidOf(1)]: 'problem', [uidOf(2)]: 'safe', [uidOf(3)]: 'waiting' };
  assert.equal(await states(), expected);
  {
    await using state = await openState(paths.state);
    await state.rememberProblems([...problems, { uid: uidOf(2), problem: 'its remains' }]);
  }
  assert.equal(await states(), expected, 'what came back as the school has it is no problem');
  rmSync(inJournal(paths, uidOf(1)).path, { recursive: true });
  const { [uidOf(1)]: _, ...others } = expected;
  assert.equal(await states(), others, 'and is gone with its entry');
});

test.run();
