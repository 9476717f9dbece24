import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import type { Serial } from '../../../shared/ids.ts';
import {
  chainOf,
  checkAlias,
  type Laptops,
  possibleOlder,
  proposeAliases,
  readableBy,
  replacedBy,
  successors,
} from '../../../xs/registration/aliases.ts';
import { type Laptop, newRecord } from '../../../xs/registration/laptop-record.ts';
import { inState } from '../../../xs/storage/paths.ts';
import { seeded } from '../../shared/random.ts';
import { refused } from '../../shared/refused.ts';
import { SERIAL } from '../library.ts';
import { dsaKey, noteSuccess, openWhole, serialOf, type WholeLibrary } from '../whole.ts';

const test = suite('aliases: a new laptop replaces an old one');

const SINCE = '2026-03-02T08:00:00.000Z';
const [A, B, C, D] = [1, 2, 3, 4].map(serialOf) as [Serial, Serial, Serial, Serial];

/** `link([B, A])`: B took A's place; A, B, C and D are registered. */
function link(...pairs: readonly (readonly [Serial, Serial])[]): Laptops {
  const of = new Map(pairs);
  return new Map(
    [A, B, C, D].map((serial) => {
      const older = of.get(serial);
      return [serial, { alias: older ? { of: older, since: SINCE } : null }];
    }),
  );
}

const CHAINS: [string, Laptops, Serial, Serial[]][] = [
  ['none', link(), A, []],
  ['one', link([B, A]), B, [A]],
  ['the replaced one has nothing of its own', link([B, A]), A, []],
  ['two, the last one first', link([C, B], [B, A]), C, [B, A]],
  ['in the middle', link([C, B], [B, A]), B, [A]],
  ['a circle ends', link([B, A], [A, B]), B, [A]],
  ['a circle of three ends', link([C, B], [B, A], [A, C]), C, [B, A]],
  ['itself', link([A, A]), A, []],
  ['two claim the same: neither has it', link([B, A], [C, A]), B, []],
  ['… nor what is behind it', link([D, A], [C, A], [A, B]), D, []],
  ['what is not registered is nobody', link([B, serialOf(99)]), B, []],
  ['a stranger', link([B, A]), serialOf(99), []],
];
for (const [what, laptops, serial, expected] of CHAINS) {
  test(`chain: ${what}`, () => assert.equal(chainOf(serial, laptops), expected));
}

const CONFLICTS: [string, Laptops, Serial, Serial, RegExp | undefined][] = [
  ['the first', link(), B, A, undefined],
  ['the end of a chain', link([B, A]), C, B, undefined],
  ['the beginning of a chain', link([C, B]), B, A, undefined],
  ['itself', link(), A, A, /itself/],
  ['a second one replaced', link([C, A]), C, B, new RegExp(`${C} already replaces ${A}`)],
  ['a second one replaces', link([B, A]), C, A, new RegExp(`${A} is already replaced by ${B}`)],
  ['the same again', link([B, A]), B, A, /already replaces/],
  ['by a laptop that is not registered', link(), serialOf(99), A, undefined],
  ['a circle of two', link([B, A]), A, B, /circle/],
  ['a circle of three', link([C, B], [B, A]), A, C, /circle/],
];
for (const [what, laptops, newer, older, expected] of CONFLICTS) {
  test(`alias: ${what} is ${expected ? 'refused' : 'allowed'}`, () => {
    if (expected) {
      const { hint } = refused(() => checkAlias(newer, older, laptops), 'bad-input', expected);
      // Another alias stands in the way of some, and can be taken back.
      const inTheWay = /replaces|already replaced by (\S+)/.test(expected.source);
      assert.is(/xs-backup unalias \S+" first/.test(hint ?? ''), inTheWay, hint);
    } else checkAlias(newer, older, laptops);
  });
}

test('of many laptops at once, those are possible that the check of each one allows', () => {
  const serials = [A, B, C, D, serialOf(99)];
  for (const laptops of [...CHAINS, ...CONFLICTS].map(([, one]) => one)) {
    for (const newer of serials) {
      const isPossible = possibleOlder(newer, laptops);
      for (const older of serials) {
        let allowed = true;
        try {
          checkAlias(newer, older, laptops);
        } catch {
          allowed = false;
        }
        assert.is(isPossible(older), allowed, `${newer} ${older} ${JSON.stringify([...laptops])}`);
      }
    }
  }
});

test('successors are what each laptop says for itself', () => {
  for (const [, laptops] of CHAINS) {
    for (const older of [A, B, C, D, serialOf(99)]) {
      assert.is(successors(laptops).get(older), replacedBy(older, laptops));
    }
  }
});

test('however aliases are made and undone, they stay one to one and without circles', () => {
  const seed = 20260302;
  const chance = seeded(seed);
  const serials = Array.from({ length: 12 }, (_, n) => serialOf(n));
  const laptops = new Map<Serial, { alias: { of: Serial; since: string } | null }>(
    serials.map((serial) => [serial, { alias: null }]),
  );
  const pick = () => chance.pick(serials);
  for (let step = 0; step < 2000; step += 1) {
    const [newer, older] = [pick(), pick()];
    if (chance.below(10) < 3) laptops.set(newer, { alias: null });
    else {
      try {
        checkAlias(newer, older, laptops);
        laptops.set(newer, { alias: { of: older, since: SINCE } });
      } catch {
        // refused: nothing changes
      }
    }
    const of = [...laptops.values()].flatMap(({ alias }) => alias?.of ?? []);
    assert.is(new Set(of).size, of.length, `seed ${seed}, step ${step}`);
    for (const serial of serials) {
      assert.ok(!chainOf(serial, laptops).includes(serial), `seed ${seed}, step ${step}`);
      for (const old of chainOf(serial, laptops)) {
        assert.ok(!chainOf(old, laptops).includes(serial), `seed ${seed}, step ${step}`);
      }
    }
  }
});

test('one reads what is in its chain; unknown and forbidden sound the same', () => {
  const laptops = link([C, B], [B, A]);
  assert.is(readableBy(C, undefined, laptops), C);
  assert.is(readableBy(C, C, laptops), C);
  assert.equal([readableBy(C, B, laptops), readableBy(C, A, laptops)], [B, A]);
  const words = [D, serialOf(99), 'nonsense', '', '../x', `${A} `].map(
    (of) => refused(() => readableBy(C, of, laptops), 'not-found').message,
  );
  assert.is(new Set(words).size, 1, words.join());
  assert.match(refused(() => readableBy(A, C, laptops), 'not-found').hint ?? '', 'xs-backup alias');
  assert.is(replacedBy(A, laptops), B);
  assert.is(replacedBy(C, laptops), undefined);
});

const NOW = new Date('2026-03-02T08:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

interface Seen {
  nick: string;
  registered: number;
  /** Days ago. */
  seen?: number;
  change?: Partial<Laptop>;
}
const OLD: Seen = { nick: 'Jocinta', registered: 400, seen: 20 };
const NEW: Seen = { nick: ' jocinta ', registered: 2 };

const PROPOSALS: [string, Seen[], [number, number][]][] = [
  ['a new laptop of the same nick, written otherwise', [OLD, NEW], [[1, 0]]],
  ['seen within a week', [{ ...OLD, seen: 6.9 }, NEW], []],
  ['seen a week ago', [{ ...OLD, seen: 7 }, NEW], [[1, 0]]],
  ['never seen: there is nothing to read', [{ nick: 'Jocinta', registered: 400 }, NEW], []],
  ['registered 30 days ago', [OLD, { ...NEW, registered: 30 }], [[1, 0]]],
  ['registered earlier', [OLD, { ...NEW, registered: 30.1 }], []],
  ['another nick', [OLD, { ...NEW, nick: 'Jim' }], []],
  [
    'no nick',
    [
      { ...OLD, nick: '' },
      { ...NEW, nick: ' ' },
    ],
    [],
  ],
  ['two absent ones of that nick', [OLD, { ...OLD, seen: 30 }, NEW], []],
  ['one absent and one present of that nick', [OLD, { ...OLD, seen: 1 }, NEW], [[2, 0]]],
  [
    'two new ones: a teacher sees both',
    [OLD, NEW, NEW],
    [
      [1, 0],
      [2, 0],
    ],
  ],
  ['a retired old one', [{ ...OLD, change: { retired: SINCE } }, NEW], [[1, 0]]],
  ['a retired new one', [OLD, { ...NEW, change: { retired: SINCE } }], []],
  [
    'the new one replaces another already',
    [OLD, { ...NEW, change: { alias: { of: D, since: SINCE } } }],
    [],
  ],
  [
    'the old one is replaced already',
    [OLD, NEW, { nick: 'x', registered: 1, change: { alias: { of: serialOf(0), since: SINCE } } }],
    [],
  ],
  [
    'the same colours, not seen since the new one registered: from the first day',
    [
      { ...OLD, seen: 3, change: { colors: '#FF2B34,#005FE4' } },
      { ...NEW, change: { colors: '#FF2B34,#005FE4' } },
    ],
    [[1, 0]],
  ],
  [
    'the same colours, but both come',
    [
      { ...OLD, seen: 1, change: { colors: '#FF2B34,#005FE4' } },
      { ...NEW, change: { colors: '#FF2B34,#005FE4' } },
    ],
    [],
  ],
  [
    'other colours, seen within a week',
    [
      { ...OLD, seen: 3, change: { colors: '#FF2B34,#005FE4' } },
      { ...NEW, change: { colors: '#008009,#8BFF7A' } },
    ],
    [],
  ],
  ['a new laptop that backs up already', [OLD, { ...NEW, seen: 0 }], [[1, 0]]],
  ['it is not its own predecessor', [{ ...NEW, registered: 20, seen: 10 }], []],
  [
    'the same colours, seen in the moment in which the new one registered',
    [
      { ...OLD, seen: 2, change: { colors: '#FF2B34,#005FE4' } },
      { ...NEW, change: { colors: '#FF2B34,#005FE4' } },
    ],
    [],
  ],
];
for (const [what, rows, expected] of PROPOSALS) {
  test(`proposal: ${what}: ${expected.length}`, () => {
    const laptops = new Map<Serial, Laptop>();
    const seen = new Map<string, string>();
    for (const [n, row] of rows.entries()) {
      const record = newRecord(serialOf(n), row.nick, 'u', daysAgo(row.registered));
      laptops.set(serialOf(n), { ...record, nick: row.nick, ...row.change });
      if (row.seen !== undefined) seen.set(serialOf(n), daysAgo(row.seen).toISOString());
    }
    const found = proposeAliases(laptops, seen, NOW).map(({ newer, older }) => [newer, older]);
    assert.equal(
      found,
      expected.map(([newer, older]) => [serialOf(newer), serialOf(older)]),
    );
  });
}

/** What the session script is told. */
function replacesOf({ library }: WholeLibrary, serial: Serial): string {
  const path = inState(library.paths).replaces(serial);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

test('the commands make and undo an alias; the session script is told, and it survives a restart', async () => {
  await using whole = await openWhole();
  const { library, command } = whole;
  for (const n of [1, 2])
    library.registrations.register(serialOf(n), `child ${n}`, 'u', dsaKey(n + 1));
  assert.match(await command('alias', [A, SERIAL]), `${A} (child 1) replaces ${SERIAL} (Jocinta)`);
  await command('alias', [B, A]);
  assert.equal([replacesOf(whole, A), replacesOf(whole, B)], [`${SERIAL}\n`, `${A}\n${SERIAL}\n`]);
  assert.match(await command('laptops'), `replaces ${SERIAL}`);
  const { laptops } = JSON.parse(await command('laptops', [], { json: true }));
  const row = laptops.find(({ serial }: { serial: string }) => serial === A);
  assert.equal([row.replaces, row.replacedBy], [SERIAL, B]);
  assert.match(await command('unalias', [A]), `${A} no longer replaces ${SERIAL}`);
  assert.equal([replacesOf(whole, A), replacesOf(whole, B)], ['', `${A}\n`]);
  await command('unalias', [B]);
  assert.equal([replacesOf(whole, A), replacesOf(whole, B)], ['', '']);
  const told = await command('audit', [A]);
  assert.match(told, /aliased +by admin +of CSN74803BB1[\s\S]*unaliased +by admin/);
});

test('who is not registered or in the way is named', async () => {
  await using whole = await openWhole();
  const { library, command } = whole;
  library.registrations.register(A, 'Ana', 'u', dsaKey(2));
  const failure = async (...args: string[]) => {
    const [outcome] = await Promise.allSettled([command('alias', args)]);
    return outcome?.status === 'rejected' ? String(outcome.reason.message) : 'done';
  };
  assert.match(await failure(A, 'SHC00800000'), 'no laptop SHC00800000 is registered here');
  assert.match(await failure('SHC00800000', A), 'no laptop SHC00800000 is registered here');
  assert.match(await failure(A), 'a laptop is needed');
  assert.match(await failure(A, A), 'cannot replace itself');
  assert.is(await failure(A, SERIAL), 'done');
  assert.match(await failure(SERIAL, A), 'circle');
  const [undone] = await Promise.allSettled([command('unalias', [SERIAL])]);
  assert.is(undone?.status, 'rejected');
});

test('a proposal is shown, and gone when it was followed', async () => {
  await using whole = await openWhole();
  const { library, command, clock } = whole;
  await noteSuccess(library, SERIAL);
  clock.pass(8 * DAY_MS);
  library.registrations.register(A, 'JOCINTA', 'u', dsaKey(2));
  const line = `xs-backup alias ${A} ${SERIAL}`;
  const told = await command('proposals');
  assert.match(told, line);
  assert.match(told, `${line} --retire"`);
  const date = String.raw`\d{4}-\d\d-\d\d`;
  assert.match(told, new RegExp(`^ {2}new {2}${A} +registered ${date}$`, 'm'));
  assert.match(
    told,
    new RegExp(`^ {2}old {2}${SERIAL} +registered ${date} {2}last seen ${date}$`, 'm'),
  );
  for (const one of told.split('\n')) assert.ok(one.length <= 80, one);
  assert.match(await command('laptops'), line);
  await command('alias', [A, SERIAL]);
  assert.is(await command('proposals'), 'nothing to propose\n');
  assert.equal(JSON.parse(await command('proposals', [], { json: true })), { proposals: [] });
});

test.run();
