/** Codes that nobody can look up are noticed, and what only looks like one is not. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { unexplained } from './wording.ts';

const test = suite('wording');

const CODES: [line: string, code: string][] = [
  [' * because a laptop may wake up in 1970 (E2).', 'E2'],
  ["const test = suite('A6 A8: what changed');", 'A6'],
  ['/** Ten seconds in all (E5: from SIGTERM). */', 'E5'],
  ['X11: all content is read', 'X11'],
  ['the last word (X1–X4)', 'X1'],
  ["test('told once (S4, rule 9)', () => {", 'S4'],
  ['At most three words (rule 11).', 'rule 11'],
  ['as UI.md says', 'UI.md'],
  ['the limits of DESIGN.md', 'DESIGN.md'],
];

for (const [line, code] of CODES) {
  test(`is noticed: ${line}`, () => {
    assert.equal(unexplained(`first\n${line}\n`), [`line 2: "${code}" is explained nowhere`]);
  });
}

const WORDS = [
  'place 644 "$from/xsession" "$etc/X11/Xsession.d/98ds-backup"',
  "gi.require('GdkX11', '3.0');",
  "ForwardX11: 'no',",
  "'Mozilla/5.0 (X11; Linux i686) AppleWebKit/605.1.15'",
  'JSON leaves C1 controls as they are',
  "path('M6 12A8 8 0 1 1 40 12')",
  "const colour = '#A5E3F2';",
  'CSN74803BB1 and A4-sized paper',
  'README.md, PROTOCOL.md and ARCHITECTURE.md',
  'a rule of thumb, two rules, 3 rules',
];

for (const line of WORDS) {
  test(`is not taken for a code: ${line}`, () => {
    assert.equal(unexplained(line), []);
  });
}

test.run();
