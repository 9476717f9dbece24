/** What a backup tells the school about entries that are not safe. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isReported, notSafe, reportNotSafe } from '../../../agent/backup/not-safe.ts';
import type { Context } from '../../../agent/context.ts';
import { inJournal } from '../../../agent/paths.ts';
import { openState, type Problem } from '../../../agent/state.ts';
import { DsError } from '../../../shared/errors.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import type { NotSafe } from '../../../shared/protocol/messages.ts';
import { makeProfile, putEntry, uidOf } from '../journal/journal.ts';

const test = suite('the laptop tells the school what is not safe');

const A = digestOf('a');
const base = (...numbers: number[]) => new Map(numbers.map((n) => [uidOf(n), A] as const));

test('which entries, what of them the school has, the worst first', () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (const n of [1, 2, 3]) putEntry(paths, uidOf(n), 'x', { title: `Thing ${n}` });
  rmSync(join(inJournal(paths, uidOf(3)).path, 'metadata'), { recursive: true });
  const problems: Problem[] = [
    { uid: uidOf(1), problem: 'odd', partial: true },
    { uid: uidOf(2), problem: 'odd', partial: true },
    { uid: uidOf(2), problem: 'torn' },
    { uid: uidOf(3), problem: 'no metadata' },
    { uid: '\u0007b/', problem: 'not listed' },
  ];
  const { count, entries } = notSafe(paths, { versions: base(1, 2), problems });
  assert.is(count, 4);
  assert.equal(
    entries.map(({ uid, title, why, school }) => [uid, title, why, school]),
    [
      ['?b/', '', 'not listed', 'nothing'],
      [uidOf(3), '', 'no metadata', 'nothing'],
      [uidOf(2), 'Thing 2', 'torn', 'older'],
      [uidOf(1), 'Thing 1', 'odd', 'rest'],
    ],
  );
});

test('a thousand of them with endless titles make a report that the server takes', () => {
  using profile = makeProfile();
  const { paths } = profile;
  const numbers = Array.from({ length: 1000 }, (_, n) => n);
  const title = '\u001b\ud800'.repeat(2000);
  for (const n of numbers.slice(0, 60)) putEntry(paths, uidOf(n), 'x', { title });
  writeFileSync(join(inJournal(paths, uidOf(1)).path, 'metadata', 'title'), Buffer.alloc(1 << 20));
  const problems = numbers.map((n): Problem => ({ uid: uidOf(n), problem: title }));
  const report = notSafe(paths, { versions: new Map(), problems });
  assert.equal([report.count, report.entries.length], [1000, 50]);
  assert.ok(Buffer.byteLength(JSON.stringify(report)) < 64 * 1024);
});

test('it is said until the server has it, and an old server is not asked again', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'x');
  const context = { paths, signal: new AbortController().signal } as unknown as Context;
  await using state = await openState(paths.state);
  const problems: Problem[] = [{ uid: uidOf(1), problem: 'odd', partial: true }];
  const [odd, well] = [
    { versions: base(1), problems },
    { versions: base(1), problems: [] },
  ];
  const got: NotSafe[] = [];
  const control = (answer: () => boolean) => ({
    reportNotSafe: async (report: NotSafe) => {
      got.push(report);
      return answer();
    },
  });
  const fails = control(() => {
    throw new DsError('server-unreachable', 'gone');
  });
  await reportNotSafe(context, fails, state, odd);
  assert.not.ok(isReported(context, state, odd), 'it did not arrive');
  await reportNotSafe(
    context,
    control(() => true),
    state,
    odd,
  );
  assert.ok(isReported(context, state, odd));
  assert.not.ok(isReported(context, state, well), 'that all is well is news');
  await reportNotSafe(
    context,
    control(() => false),
    state,
    well,
  );
  assert.ok(isReported(context, state, well), 'an old server does not want to know');
  await reportNotSafe(context, fails, state, well);
  assert.equal(
    got.map(({ count }) => count),
    [1, 1, 0],
    'and is not told twice that all is well',
  );
});

test.run();
