/** Dates in the language of the reader, also where the runtime has no tables for it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ENGLISH } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';

const test = suite('languages');
const at = (month: number, day: number) => new Date(2026, month, day, 12).getTime() / 1000;
const words = (language: string) => wordsOf({ ...ENGLISH, language });

test('Kreyòl has its own months and days, which the runtime does not know', () => {
  for (const language of ['ht', 'ht_HT']) {
    const { date, month, weekdays } = words(language);
    assert.is(date(at(7, 15)), 'samdi 15 out 2026');
    assert.is(month(at(10, 1)), 'novanm 2026');
    assert.equal(weekdays(), ['len', 'mad', 'mèk', 'jed', 'van', 'sam', 'dim']);
    const months = Array.from({ length: 12 }, (_, n) => month(at(n, 5)).replace(' 2026', ''));
    assert.equal(
      months.join(' '),
      'janvye fevriye mas avril me jen jiyè out septanm oktòb novanm desanm',
    );
  }
});

test('other languages are as the runtime has them', () => {
  assert.is(words('fr').month(at(7, 1)), 'août 2026');
  assert.is(words('es').date(at(7, 15)), 'sábado, 15 de agosto de 2026');
});

test.run();
