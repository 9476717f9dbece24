import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseWay, type WayFacts } from '../../../agent/restore/way.ts';

const test = suite('A9: how entries are put back');

const MANY: WayFacts = {
  single: false,
  steps: 200,
  local: 100,
  layout: '6',
  own: true,
  room: true,
  hazard: () => undefined,
};

const RULES: [string, Partial<WayFacts>, 'place' | 'update', RegExp, boolean][] = [
  ['many entries are placed', {}, 'place', /many/, false],
  ['into an empty Journal as well', { local: 0 }, 'place', /many/, false],
  ['one entry goes through Sugar', { single: true }, 'update', /one entry/, false],
  ['so do few', { steps: 19 }, 'update', /few/, false],
  ['and some into a large Journal', { local: 401 }, 'update', /many more/, false],
  ['another layout is left to Sugar, with a word', { layout: '5' }, 'update', /layout "5"/, true],
  ["another user's Journal", { own: false }, 'update', /another user/, true],
  ['no room for an index', { room: false }, 'update', /little room/, true],
  ['an entry in danger', { hazard: () => 'entry x: bad' }, 'update', /entry x: bad/, true],
];

for (const [name, facts, way, reason, notable] of RULES) {
  test(name, () => {
    const found = chooseWay({ ...MANY, ...facts });
    assert.is(found.way, way);
    assert.match(found.reason, reason);
    assert.is(found.notable, notable);
  });
}

test('the Journal is not read where another reason is enough', () => {
  const hazard = () => {
    throw new Error('it was read');
  };
  for (const facts of [{ single: true }, { steps: 3 }, { room: false }]) {
    assert.is(chooseWay({ ...MANY, ...facts, hazard }).way, 'update');
  }
});

test.run();
