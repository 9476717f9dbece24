/** How a code is written and typed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inGroups, newCode, readCode } from '../../../xs/codes/code-text.ts';

const test = suite('how a code is written and typed');

test('each is its own reading, in print and as it is copied by hand', () => {
  const seen = new Set<string>();
  for (let n = 0; n < 300; n += 1) {
    const code = newCode();
    assert.match(code, /^[2-9ACDEFHJKMNPRTVWXY]{8}$/);
    for (const way of [code, inGroups(code), code.toLowerCase(), ` ${inGroups(code)} `]) {
      assert.is(readCode(way), code, way);
    }
    // A hand that writes 5 like S, and an eye that reads it so.
    const copied = code
      .replaceAll('5', 's')
      .replaceAll('2', 'Z')
      .replaceAll('8', 'B')
      .replaceAll('6', 'g')
      .replaceAll('D', '0')
      .replaceAll('V', 'U');
    assert.is(readCode(copied), code, copied);
    for (const one of code) seen.add(one);
    assert.is(inGroups(code).length, 9);
  }
  assert.is(seen.size, 25, 'every character occurs');
});

const READ: [typed: string, code: string | undefined][] = [
  ['7K4M-XD92', '7K4MXD92'],
  ['7k4m\u00a0xd92', '7K4MXD92'],
  ['7K4M\u2013XD92', '7K4MXD92'],
  ['٧K٤M XD٩٢', '7K4MXD92'],
  ['\u200f7K4M XD92\u200e', '7K4MXD92'],
  ['７Ｋ４Ｍ ＸＤ９２', '7K4MXD92'],
  ['OOOO QQQQ', 'DDDDDDDD'],
  ['', undefined],
  ['7K4M XD9', undefined],
  ['7K4M XD922', undefined],
  ['7K4M XD91', undefined],
  ['7K4M XDI2', undefined],
  ['7K4M_XD92', undefined],
  ["7K4M' OR", undefined],
  ['../../..', undefined],
  ['7K4M XD92'.padEnd(33), undefined],
  ['é'.repeat(8), undefined],
  ['\u{1d7d7}'.repeat(8), '99999999'],
  ['ﷺﷺ', undefined],
];
for (const [typed, code] of READ) {
  test(`${JSON.stringify(typed)} is ${code ?? 'none'}`, () => {
    assert.is(readCode(typed), code);
  });
}

test.run();
