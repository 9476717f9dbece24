/**
 * Text that somebody else wrote, as one line of text for people: nothing in it breaks the line, controls a terminal
 * or turns the direction of the text around it. Pure. Joiners stay: languages and pictures of faces need them.
 */

/** Controls, breaks of lines and paragraphs, and marks of direction. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** A space for each run of such characters; halves of characters are replaced. */
export function visible(text: string): string {
  return Buffer.from(text).toString().replace(UNSEEN, ' ');
}

/** The same without spaces around it, and with at most `length` characters. */
export function oneLine(text: string, length: number): string {
  return [
    ...visible(text)
      .trim()
      .slice(0, length * 2),
  ]
    .slice(0, length)
    .join('');
}
