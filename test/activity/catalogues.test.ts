/** All texts are translated in the shipped languages, with the same values in them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mo, po } from 'gettext-parser';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { languages, makeTemplate, PO_FOLDER } from '../../bundle/messages.ts';
import { findCatalogue, knowsPlurals, parseCatalogue } from '../../shared/words/catalogue.ts';
import { wordsOf } from '../../shared/words/language.ts';
import { ago } from '../../shared/words/words.ts';
import { LANGUAGES } from '../../xs/pages/frame/language-choice.ts';
import { temporaryFolder } from '../shared/folder.ts';

const test = suite('catalogues');
const folder = temporaryFolder(test);

const textsIn = (source: string) =>
  Object.values(po.parse(source).translations[''] ?? {}).filter(({ msgid }) => msgid !== '');
const valuesIn = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join();
const makeMo = (language: string) =>
  execFileSync('msgfmt', ['--endianness=little', '-o', '-', join(PO_FOLDER, `${language}.po`)]);

test('the template has the texts that the sources have now', () => {
  const kept = textsIn(readFileSync(join(PO_FOLDER, 'backup.pot'), 'utf8')).map(
    ({ msgid }) => msgid,
  );
  const now = textsIn(makeTemplate()).map(({ msgid }) => msgid);
  assert.equal(kept.sort(), now.sort(), 'run: npm run messages');
});

test('Spanish, French, Portuguese, Kreyòl and Arabic are shipped', () => {
  for (const language of ['ar', 'es', 'fr', 'ht', 'pt']) assert.ok(languages().includes(language));
});

test('the pages offer English and every language that has a catalogue, under a name of its own', () => {
  assert.equal(LANGUAGES.map(([tag]) => tag).sort(), ['en', ...languages()].sort());
  assert.is(new Set(LANGUAGES.map(([, name]) => name)).size, LANGUAGES.length);
});

for (const language of languages()) {
  test(`${language}: every text and every plural is translated, and no value is lost`, () => {
    const source = readFileSync(join(PO_FOLDER, `${language}.po`), 'utf8');
    const forms = Number(/nplurals=(\d)/.exec(source)?.[1]);
    const template = textsIn(readFileSync(join(PO_FOLDER, 'backup.pot'), 'utf8'));
    const texts = new Map(textsIn(source).map((text) => [text.msgid, text]));
    for (const { msgid, msgid_plural } of template) {
      const text = texts.get(msgid);
      assert.is(text?.msgstr.length, msgid_plural ? forms : 1, msgid);
      assert.not(text?.comments?.flag?.includes('fuzzy'), msgid);
      for (const [form, translation] of (text?.msgstr ?? []).entries()) {
        assert.ok(translation.trim(), `${msgid} is empty`);
        // Arabic says one and two in words.
        const spoken = language === 'ar' && msgid_plural && form <= 2;
        if (!spoken) assert.is(valuesIn(translation), valuesIn(msgid_plural ?? msgid), translation);
      }
    }
  });

  test(`${language}: words on buttons stay short`, () => {
    const { gettext } = parseCatalogue(makeMo(language), language);
    for (const label of [
      'Back up now',
      'Bring back',
      'Try now',
      'Go on',
      'Keep at school',
      'Stop',
      'Undo',
    ]) {
      assert.ok(gettext(label).split(' ').length <= 3, gettext(label));
    }
  });
}

test('plural forms follow the language', () => {
  const say = (language: string, n: number) =>
    ago(wordsOf(parseCatalogue(makeMo(language), language)), 1e9, 1e9 + n * 86_400);
  assert.equal(
    [1, 2].map((n) => say('es', n)),
    ['hace 1 día', 'hace 2 días'],
  );
  assert.equal(
    [1, 2, 3].map((n) => say('ar', n).replace(/[\d٠-٩]+/g, '#')),
    ['قبل يوم', 'قبل يومين', 'قبل # أيام'],
  );
});

test('a language is found by its short name, and what is not there is English', () => {
  mkdirSync(join(folder, 'es/LC_MESSAGES'), { recursive: true });
  writeFileSync(join(folder, 'es/LC_MESSAGES/x.mo'), makeMo('es'));
  assert.is(findCatalogue(folder, 'x', ['es_PE.UTF-8', 'fr']).gettext('Stop'), 'Parar');
  assert.is(findCatalogue(folder, 'x', ['qu_PE', 'es']).language, 'es');
  assert.is(findCatalogue(folder, 'x', ['../../etc']).language, 'en');
  assert.is(findCatalogue(folder, 'x', ['en_GB', 'es']).language, 'en');
});

test('a catalogue whose forms the runtime does not know is refused when it is built', () => {
  assert.not(knowsPlurals('ru', 4));
  assert.not(knowsPlurals('qu', 3));
});

test('a damaged catalogue is refused', () => {
  assert.throws(() => parseCatalogue(Buffer.from('nonsense'), 'es'), /damaged/);
  assert.throws(() => parseCatalogue(makeMo('es').subarray(0, 300), 'es'), /damaged/);
});

/** Languages without a catalogue so far: one can be added without a change of code. */
const LATER: [language: string, pluralForms: string][] = [
  ['qu', 'nplurals=2; plural=(n != 1);'],
  ['ne', 'nplurals=2; plural=(n != 1);'],
  ['am', 'nplurals=2; plural=(n > 1);'],
  ['id', 'nplurals=1; plural=0;'],
  [
    'ru',
    'nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);',
  ],
];
const SHIPPED = languages().map((language): [string, string] => {
  const { headers } = po.parse(readFileSync(join(PO_FOLDER, `${language}.po`), 'utf8'));
  return [language, headers['Plural-Forms'] ?? ''];
});

for (const [language, pluralForms] of [...SHIPPED, ...LATER]) {
  test(`${language}: the runtime's plural rules choose the forms that the catalogue's own would`, () => {
    const rule = /nplurals=(\d); plural=(.+);/.exec(pluralForms);
    const forms = Array.from({ length: Number(rule?.[1]) }, (_, form) => `form ${form}`);
    assert.ok(knowsPlurals(language, forms.length));
    const text = { msgid: 'one', msgid_plural: 'many', msgstr: forms };
    const headers = { 'Plural-Forms': pluralForms };
    const table = { charset: 'utf-8', headers, translations: { '': { one: text } } };
    const { ngettext } = parseCatalogue(mo.compile(table), language);
    const own = new Function('n', `return Number(${rule?.[2]})`);
    for (let n = 0; n <= 1200; n += 1)
      assert.is(ngettext('one', 'many', n), `form ${own(n)}`, `${n}`);
  });
}

test.run();
