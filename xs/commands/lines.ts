/**
 * What the commands print for people: aligned columns, folded paragraphs, sizes and counts. With `--json` the
 * same facts are ISO 8601 and plain numbers. Pure, but for the time zone of the machine.
 */
import { ENGLISH } from '../../shared/words/catalogue.ts';
import { wordsOf } from '../../shared/words/language.ts';
import { localDate } from '../../shared/words/local-time.ts';
import type { Words } from '../../shared/words/words.ts';

/** English, with dates as terminals sort them. */
export const TERMINAL_WORDS: Words = {
  ...wordsOf(ENGLISH),
  date: (seconds) => localDate(new Date(seconds * 1000)),
};

/** `1 snapshot`, `2 snapshots`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Lines of at most `width` letters, broken at blanks; a longer word, as a path, has a line of its own. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(' ')) {
    const longer: string = line === undefined ? word : `${line} ${word}`;
    if (line !== undefined && longer.length > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line ?? ''];
}

/** Columns two blanks apart, as wide as their widest cell; numbers (`12`, `1.5 MB`) to the right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  const isNumber: boolean[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
      isNumber[index] = (isNumber[index] ?? true) && /^(\d[\d.]*( \w+)?)?$/.test(cell);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const blanks = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
        return isNumber[index] ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** In columns of a terminal: marks take none, East Asian letters two. */
function widthOf(text: string): number {
  let width = 0;
  for (const letter of text.normalize('NFC')) {
    if (/\p{M}|\p{Cf}/u.test(letter)) continue;
    width += /[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u.test(letter)
      ? 2
      : 1;
  }
  return width;
}
