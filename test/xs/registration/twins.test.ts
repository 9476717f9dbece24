import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { meetAgent, readTwins, writeTwins } from '../../../xs/registration/twin-file.ts';
import { meet, separated, type Twins, united } from '../../../xs/registration/twins.ts';
import { refusedLater } from '../../shared/refused.ts';
import { ed25519, enrol, makeLibrary, openRegistrations, SERIAL } from '../library.ts';
import { testClock } from '../whole.ts';

const test = suite('two laptops that answer to one name');

const now = new Date('2026-03-02T08:00:00Z');
const OTHER = parseSerial('SHC00800009');

/** What each of these is told; a capital builds on an older snapshot than the newest. */
function told(visits: string, from?: Twins): [string, Twins | undefined] {
  let twins = from;
  const answers = [...visits].map((one) => {
    const isBehind = one !== one.toLowerCase();
    const step = meet(twins, one.toLowerCase(), { isBehind, now });
    twins = step.twins;
    return step.meeting.type[0];
  });
  return [answers.join(''), twins];
}

test('one laptop may be repaired as often as it likes; the first of two goes on, the second waits', () => {
  const rows: [visits: string, answers: string, two: boolean][] = [
    ['aaaa', 'oooo', false],
    ['aAAA', 'oooo', false], // its last run died before it heard of it
    ['aabbb', 'ooooo', false], // repaired
    ['abbccc', 'oooooo', false], // and again
    ['aba', 'ooo', true],
    ['abab', 'ooot', true],
    ['abaaabba', 'oooootto', true],
    ['aB', 'ot', true], // never a snapshot of the second among those of the first
    ['aBabBa', 'ototto', true],
    ['abcbc', 'oooot', true], // repaired, then copied: the copy is the second
  ];
  for (const [visits, answers, two] of rows) {
    const [said, twins] = told(visits);
    assert.is(said, answers, visits);
    assert.is(twins?.since !== null, two, visits);
  }
});

test('the second gets a name of its own, whenever it comes; the first keeps the line', () => {
  const [, twins] = told('aba');
  assert.ok(twins);
  const apart = separated(twins, OTHER, 'u');
  assert.is(told('aaabbab', apart)[0], 'ooommom');
  assert.is(apart.since, null);
  const [, behind] = told('aB');
  assert.ok(behind);
  assert.is(told('baab', separated(behind, OTHER, 'u'))[0], 'moom');
});

test('a teacher may say that it is one laptop: the one that came last goes on', () => {
  const [, twins] = told('aB');
  assert.ok(twins);
  const [said, after] = told('bbb', united(twins));
  assert.equal([said, after?.owner], ['ooo', 'b']);
});

test('what is decided survives; a damaged file begins anew, and older agents are not told apart', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const clock = testClock(now.toISOString());
  const registrations = openRegistrations(library, { clock });
  registrations.register(SERIAL, 'Jim', 'u', ed25519(1));
  enrol(registrations, SERIAL, 'u', ed25519(2));
  const visit = async (instance: string, base?: number) => {
    const query = {
      instance: instance.repeat(32),
      ...(base !== undefined && { base: String(base) }),
    };
    return (await meetAgent({ paths, clock }, SERIAL, query, 5)).type;
  };
  assert.is(await visit('a', 5), 'ours');
  await refusedLater(visit('b', 4), 'pending-approval', /two laptops/);
  assert.is(await visit('a'), 'ours');
  for (const query of [{}, { instance: '../x' }, { instance: 'c'.repeat(32), base: '-1' }]) {
    assert.is((await meetAgent({ paths, clock }, SERIAL, query, 5)).type, 'ours');
  }
  const found = readTwins(paths, SERIAL);
  assert.ok(found?.since);
  writeTwins(paths, SERIAL, separated(found, OTHER, 'u'));
  assert.is(await visit('b', 4), 'moved');
  assert.is(await visit('a', 4), 'ours');
});

test.run();
