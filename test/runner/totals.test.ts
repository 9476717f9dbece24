import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MARK, readBatch } from './mark.ts';
import { type Directives, readDirectives, readTotals } from './totals.ts';

const test = suite('test runner');

const DIRECTIVES: [source: string, weight: number, beside: Directives['beside']][] = [
  ['', 20, 'anything'],
  ['// weight: 90\nimport x;', 90, 'anything'],
  ['// alone\n// weight: 5\n', 5, 'nothing'],
  ['// alone: it fills the disk\n', 20, 'nothing'],
  ['/** A test. */\n// alone\n', 20, 'nothing'],
  ['\n\n\n\n\n// alone\n// weight: 5', 20, 'anything'],
  ['// alonelike', 20, 'anything'],
  ['// weight: 9\n// calm\n', 9, 'calm'],
];

for (const [source, weight, beside] of DIRECTIVES) {
  test(`directives of ${JSON.stringify(source)}`, () => {
    assert.equal(readDirectives(source), { weight, beside });
  });
}

for (const line of ['// weight: 4 s', '// Weight 5', '//weight: 5', '// weight: 0']) {
  test(`nearly a directive is an error: ${line}`, () => {
    assert.throws(() => readDirectives(`${line}\n`), /should be like/);
  });
}

test('a time limit is an error: nothing fails for the time it takes', () => {
  assert.throws(() => readDirectives('// time limit: 400 s\n'), /no test has a time limit/);
});

test("uvu's totals, plain and in colours; the last ones count", () => {
  const plain = '  Total:     3\n  Passed:    2\n  Skipped:   1\n  Duration:  0.28ms\n\n';
  assert.equal(readTotals(`x\n\n${plain}`), { passed: 2, failed: 1, skipped: 1 });
  const coloured =
    '\n  Total:     3\x1b[32m\n  Passed:    3\x1b[39m\n  Skipped:   \x1b[33m2\x1b[39m\n';
  assert.equal(readTotals(`${plain}${coloured}`), { passed: 3, failed: 0, skipped: 2 });
});

for (const output of ['', 'Total: 3', '  Total:     3\n  Passed:    2\n']) {
  test(`no totals in ${JSON.stringify(output)}`, () => {
    assert.is(readTotals(output), null);
  });
}

test('a batch is cut into its files; one that was broken off has no end', () => {
  const output =
    `${MARK}begin /a b.ts\nout\n${MARK}end well 12\n` +
    `${MARK}begin /c.ts\n${MARK}end badly 3\nlate words\n${MARK}begin /d.ts\nError: x\n`;
  assert.equal(readBatch(output), [
    { file: '/a b.ts', output: 'out\n', end: { well: true, ms: 12 } },
    { file: '/c.ts', output: 'late words\n', end: { well: false, ms: 3 } },
    { file: '/d.ts', output: 'Error: x\n', end: null },
  ]);
  assert.equal(readBatch(''), []);
});

test.run();
