/** The same six lines in two files are noticed, and what only looks like a copy is not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_SAME_LINES, repeats } from './repeats.ts';

const test = suite('repeats');

const SIX = ['one();', 'two();', 'three();', 'four();', 'five();', 'six();'];
assert.is(SIX.length, MAX_SAME_LINES);

test('six lines running are a copy, wherever they stand and however indented', () => {
  const indented = ['if (x) {', ...SIX.map((line) => `  ${line}`), '}'];
  const files = new Map([
    ['a.ts', ['start();', ...SIX, 'end();'].join('\n')],
    ['b.ts', indented.join('\n')],
  ]);
  assert.equal(repeats(files), [{ places: ['a.ts:2', 'b.ts:2'], lines: 6 }]);
});

test('a longer copy is one copy', () => {
  const eight = [...SIX, 'seven();', 'eight();'].join('\n');
  assert.equal(
    repeats(
      new Map([
        ['a.ts', eight],
        ['b.ts', eight],
      ]),
    ),
    [{ places: ['a.ts:1', 'b.ts:1'], lines: 8 }],
  );
});

test('brackets, empty lines, comments and imports neither make a copy nor hide one', () => {
  const boilerplate = [
    "import { a } from 'a';",
    "import {\n  b,\n  c,\n} from 'b';",
    '/**\n * The same header\n */',
    '// the same',
    '{\n}\n);\n]',
    ...SIX.slice(1),
  ].join('\n');
  assert.equal(
    repeats(
      new Map([
        ['a.ts', boilerplate],
        ['b.ts', boilerplate],
      ]),
    ),
    [],
  );
  const commented = SIX.flatMap((line) => [line, '', '// why', '}']).join('\n');
  const files = new Map([
    ['a.ts', commented],
    ['b.ts', SIX.join('\n')],
  ]);
  assert.equal(repeats(files), [{ places: ['a.ts:1', 'b.ts:1'], lines: 6 }]);
});

test('five lines, or the same six twice in one file, are none', () => {
  const twice = [...SIX, ...SIX].join('\n');
  assert.equal(
    repeats(
      new Map([
        ['a.ts', twice],
        ['b.ts', SIX.slice(1).join('\n')],
      ]),
    ),
    [],
  );
});

test.run();
