/**
 * Words that a reader of this repository cannot look up: codes and documents that are not in it.
 *
 * Requirements are said in words where they matter. A code such as "A" and a number tells nothing
 * to somebody who has only the code.
 */

/** What is searched for; each with what is legitimate and looks alike left out. */
const UNEXPLAINED: readonly RegExp[] = [
  // Requirements. Not X11 as the window system has it (`/etc/X11/`, GdkX11, `(X11; Linux x86_64)`), and not
  // the arcs of a drawing (`A8 8 0 …`, after a number or a quote).
  /(?<=^|[\s(:,;'"–-])(?:A1?\d|X(?:1[0-9]|[1-9])(?!; [A-Z])|S[1-9]|E(?:10|[1-9])|[OT][1-9])(?=$|[\s):,;.'"–])(?! \d)/,
  /\brules? \d+\b/i,
  /\b(?:DESIGN|FACTS|HOUSE|REQUIREMENTS|ROOMS|UI)\.md\b/,
];

/** The first unexplained code of each line that has one, as `line N: CODE`. */
export function unexplained(source: string): string[] {
  return source.split('\n').flatMap((line, index) => {
    const code = UNEXPLAINED.map((pattern) => pattern.exec(line)?.[0]).find((found) => found);
    return code === undefined ? [] : [`line ${index + 1}: "${code}" is explained nowhere`];
  });
}
