import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseWriter, type WriterFacts } from '../../../agent/restore/choose-writer.ts';

const test = suite('which writer puts entries into the Journal');

const MANY: WriterFacts = {
  single: false,
  steps: 200,
  local: 100,
  layout: '6',
  own: true,
  oneDisk: true,
  room: true,
  hazard: () => undefined,
};

const RULES: [string, Partial<WriterFacts>, 'folders' | 'datastore', RegExp, boolean][] = [
  ['many entries are placed', {}, 'folders', /many/, false],
  ['into an empty Journal as well', { local: 0 }, 'folders', /many/, false],
  ['one entry goes through Sugar', { single: true }, 'datastore', /one entry/, false],
  ['so do few', { steps: 19 }, 'datastore', /few/, false],
  ['and some into a large Journal', { local: 1401 }, 'datastore', /many more/, false],
  ['what a stopped restore left open', { steps: 1626, local: 3374 }, 'folders', /many/, false],
  ['twenty are many', { steps: 20, local: 40 }, 'folders', /many/, false],
  [
    'another layout is left to Sugar, with a word',
    { layout: '5' },
    'datastore',
    /layout "5"/,
    true,
  ],
  ['a long one is cut', { layout: '7'.repeat(30) }, 'datastore', /layout "7{20}"$/, true],
  ['and one that cannot be read', { layout: undefined }, 'datastore', /cannot be read/, true],
  ["another user's Journal", { own: false }, 'datastore', /another user/, true],
  ['a Journal elsewhere', { oneDisk: false }, 'datastore', /another disk/, true],
  ['no room for an index', { room: false }, 'datastore', /little room/, true],
  ['an entry in danger', { hazard: () => 'entry x: bad' }, 'datastore', /entry x: bad/, true],
];

for (const [name, facts, writer, reason, notable] of RULES) {
  test(name, () => {
    const found = chooseWriter({ ...MANY, ...facts });
    assert.is(found.writer, writer);
    assert.match(found.reason, reason);
    assert.is(found.notable, notable);
  });
}

test('the Journal is not read where another reason is enough', () => {
  const hazard = () => {
    throw new Error('it was read');
  };
  for (const facts of [{ single: true }, { steps: 3 }, { room: false }]) {
    assert.is(chooseWriter({ ...MANY, ...facts, hazard }).writer, 'datastore');
  }
});

test.run();
