/** The pieces of a manual page, in the language of man(7). Plain texts in, roff out. */

export const section = (title: string, body: string): string => `.SH ${title}\n${body}`;

/** A term and what it is, as a sentence. */
export const item = (term: string, what: string): string =>
  `.TP\n.B ${text(term)}\n${text(what.charAt(0).toUpperCase() + what.slice(1))}`;

/** As roff prints it: no escapes, no requests at the start of a line, hyphens that can be copied. */
export function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
