/** What the Journal says to a child about "My class": words of hers for every outcome, and never a code. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { saidOfOffer, saidOfRefusal, saidOfTakingBack } from '../../../agent/bus/class-words.ts';
import { languages, writeCatalogues } from '../../../bundle/messages.ts';
import { DsError, type ErrorCode } from '../../../shared/errors.ts';
import { findCatalogue } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';
import { temporaryFolder } from '../../shared/folder.ts';

const test = suite('what the Journal says of the class');

const folder = temporaryFolder(test);
const english = wordsOf(findCatalogue(folder, 'ds-backup', []));
const failed = (code: ErrorCode) => new DsError(code, 'GET /v1/class: 507', { hint: 'a hint' });

test('each outcome is said, and what can be taken back has a button for it', () => {
  const said = (state: Parameters<typeof saidOfOffer>[0]) => saidOfOffer(state, english).slice(1);
  assert.equal(said('offered'), ['Your teacher looks at it first.', 'Take it back']);
  assert.equal(said('approved'), ['On the class page', 'Take it back']);
  assert.equal(said('refused'), ['Your teacher said no', '']);
  assert.equal(said('later'), [
    'It goes to school first, and then to your teacher.',
    'Take it back',
  ]);
});

test('a refusal is a sentence for a child, of what she can do', () => {
  const said = (code: ErrorCode) => saidOfRefusal(failed(code), english);
  assert.match(said('not-found')[1], /no class page now/);
  assert.match(said('over-quota')[1], /Take something back first/);
  assert.match(said('bad-input')[1], /cannot be shown/);
  const codes = ['unreadable', 'server-refused', 'internal', 'battery', 'datastore'] as const;
  for (const code of codes) assert.match(said(code)[1], /teacher/, code);
  for (const code of [...codes, 'not-found'] as const) {
    assert.not.match(said(code).join(' '), /v1|hint|507/, code);
    assert.is(said(code)[2], '', 'nothing is there to take back');
  }
});

test('taken back is said only when nobody sees it any more', () => {
  assert.match(saidOfTakingBack(undefined, english)[1], /does not see it any more/);
  assert.match(saidOfTakingBack(failed('not-found'), english)[1], /does not see it any more/);
  const away = saidOfTakingBack(failed('server-unreachable'), english);
  assert.equal(away.slice(1), ['The school does not answer', 'Take it back'], 'she can try again');
  for (const code of [
    'server-refused',
    'server-trouble',
    'untrusted-server',
    'internal',
  ] as const) {
    const [, text, undo] = saidOfTakingBack(failed(code), english);
    assert.match(
      text,
      /may still see it.*teacher/,
      `${code}: the school did answer, or was not asked`,
    );
    assert.is(undo, 'Take it back');
  }
});

test('in every language it is hers', () => {
  writeCatalogues(folder, 'ds-backup');
  for (const language of languages()) {
    const words = wordsOf(findCatalogue(folder, 'ds-backup', [language]));
    const [title, text, undo] = saidOfOffer('later', words);
    const [, why] = saidOfRefusal(failed('over-quota'), words);
    for (const one of [title, text, undo, why]) assert.ok(one, language);
    const plain = [
      ...saidOfOffer('later', english),
      saidOfRefusal(failed('over-quota'), english)[1],
    ];
    for (const [n, one] of [title, text, undo, why].entries())
      assert.is.not(one, plain[n], language);
  }
});

test.run();
