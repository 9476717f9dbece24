/** The audit log on the teachers' pages: in sentences, filtered, in pages. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { findCatalogue } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';
import {
  actorOf,
  actorsIn,
  findAudit,
  LINES_EACH,
} from '../../../xs/pages/teacher/school/audit-search.ts';
import { auditSentence } from '../../../xs/pages/teacher/school/audit-words.ts';
import type { AuditLine } from '../../../xs/registration/audit.ts';
import { serialOf } from '../whole.ts';

const test = suite('the audit log in words');

const words = wordsOf(findCatalogue('/nowhere', 'ds-backup', []));

const NOW = new Date('2026-09-01T08:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS).toISOString();

const line = (n: number, more: Partial<AuditLine> = {}): AuditLine => ({
  ...{ time: daysAgo(300 - n), event: 'pinned', serial: serialOf(1), who: 'admin', details: { n } },
  ...more,
});
const anything = { words: '', who: '', day: '', page: 1 };
const nickOf = (serial: string) => (serial === serialOf(1) ? 'Jim' : '');

test('the audit log is shown in pages, the newest line first', () => {
  const all = Array.from({ length: LINES_EACH * 2 + 5 }, (_, n) => line(n));
  const first = findAudit(all, anything, nickOf);
  assert.equal([first.pages, first.shown[0]?.details.n, first.shown.length], [3, 204, LINES_EACH]);
  const last = findAudit(all, { ...anything, page: 99 }, nickOf);
  assert.equal([last.page, last.shown.length, last.shown.at(-1)?.details.n], [3, 5, 0]);
  assert.equal(findAudit([], anything, nickOf).shown, []);
});

test('the audit log is filtered by laptop, the replaced one as well, by who, and by day', () => {
  const all = [
    line(1),
    line(2, { who: 'teacher', name: 'Rosa', serial: serialOf(2) }),
    line(3, { event: 'aliased', serial: serialOf(3), details: { of: serialOf(1), n: 3 } }),
    line(4, { serial: null, event: 'cleaned-up', who: 'teacher', name: 'Ana' }),
  ];
  const found = (search: Partial<typeof anything>) =>
    findAudit(all, { ...anything, ...search }, nickOf).shown.map(({ details }) => details.n);
  assert.equal(found({ words: 'jim' }), [3, 1]);
  assert.equal(found({ words: serialOf(2).toLowerCase() }), [2]);
  assert.equal(found({ who: 'teacher:Rosa' }), [2]);
  assert.equal(found({ who: 'admin', words: 'jim' }), [3, 1]);
  assert.equal(found({ day: daysAgo(296).slice(0, 10) }), [4]);
  assert.equal(found({ day: '1999-01-01' }), []);
  assert.equal(actorsIn(all).map(actorOf), ['teacher:Rosa', 'teacher:Ana', 'admin']);
});

test('every event of the audit log is a sentence that names who and whom', () => {
  const say = (more: Partial<AuditLine>) =>
    auditSentence(words, line(1, more), nickOf).replace(/[\u2068\u2069]/g, '');
  const jim = `Jim (${serialOf(1)})`;
  const rosa = { who: 'teacher', name: 'Rosa' } as const;
  const cases: [Partial<AuditLine>, string][] = [
    [{ event: 'registered', who: 'laptop' }, `${jim} registered.`],
    [{ event: 'approved', ...rosa }, `Rosa let ${jim} in.`],
    [{ event: 'retired' }, `Somebody at the terminal took ${jim} out of use.`],
    [
      { event: 'aliased', ...rosa, serial: serialOf(2), details: { of: serialOf(1) } },
      `Rosa said that ${serialOf(2)} takes the place of ${jim}.`,
    ],
    [
      { event: 'window-opened', ...rosa, serial: null, details: { minutes: 1 } },
      'Rosa let new laptops register for 1 minute.',
    ],
    [
      { event: 'held-dropped', ...rosa, details: { snapshots: 2 } },
      `Rosa threw 2 backups of ${jim} away that were held aside.`,
    ],
    [{ event: 'unpinned', ...rosa, details: { uid: 'x' } }, `Rosa unpinned a thing of ${jim}.`],
    [
      { event: 'teacher-added', serial: null, details: { name: 'Ana' } },
      'Somebody at the terminal added the teacher Ana.',
    ],
  ];
  for (const [more, sentence] of cases) assert.is(say(more), sentence);
  const isolated = auditSentence(words, line(1, { event: 'registered' }), () => 'سلمى');
  assert.is(
    isolated,
    `\u2068سلمى (${serialOf(1)})\u2069 registered.`,
    'a name does not turn it round',
  );
});

test.run();
