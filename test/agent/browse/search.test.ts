import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { searchEntries } from '../../../agent/browse/catalogue.ts';
import type { EntrySummary } from '../../../shared/protocol/messages.ts';

const test = suite('the search in titles');

const CASES: [title: string, search: string, isFound: boolean][] = [
  ['Mi árbol', 'arbol', true],
  ['Mi arbol', 'Árbol', true],
  ['Niño', 'nin', true],
  ['NINO\u0303', 'ñ', true],
  ['École', 'eco', true],
  ['حِصَان', 'حصان', true],
  ['Boat', 'coat', false],
];
for (const [title, search, isFound] of CASES) {
  test(`"${search}" ${isFound ? 'finds' : 'does not find'} "${title}"`, () => {
    const entries = [{ uid: 'a', title, timestamp: 1 }] as unknown as EntrySummary[];
    assert.is(searchEntries(entries, search).length === 1, isFound);
  });
}

test.run();
