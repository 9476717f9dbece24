/**
 * The same lines in two files: one thing in two places, of which one will be forgotten.
 *
 * Only lines that say something are compared. Imports, comments and lines of brackets alone are
 * passed over; whatever else is the same in six lines running is a copy.
 */

/** As many lines running make a copy. */
export const MAX_SAME_LINES = 6;

export interface Repeat {
  /** `path:line` of both places, the first line of the copy. */
  places: [string, string];
  /** How many telling lines are the same. */
  lines: number;
}

interface Line {
  /** Counted from 1. */
  number: number;
  text: string;
}

/** Every copy of at least MAX_SAME_LINES lines in two different files. */
export function repeats(files: ReadonlyMap<string, string>): Repeat[] {
  const tellingLines = new Map([...files].map(([path, source]) => [path, telling(source)]));
  const seen = new Map<string, { path: string; index: number }>();
  const found: Repeat[] = [];
  for (const [path, lines] of tellingLines) {
    for (let index = 0; index + MAX_SAME_LINES <= lines.length; ) {
      const key = textOf(lines.slice(index, index + MAX_SAME_LINES));
      const first = seen.get(key);
      if (!first || first.path === path) {
        seen.set(key, { path, index });
        index += 1;
        continue;
      }
      const theirs = tellingLines.get(first.path) ?? [];
      const length = sameFrom(theirs.slice(first.index), lines.slice(index));
      const place = (name: string, line: Line | undefined) => `${name}:${line?.number}`;
      const places: [string, string] = [
        place(first.path, theirs[first.index]),
        place(path, lines[index]),
      ];
      found.push({ places, lines: length });
      index += length;
    }
  }
  return found;
}

function sameFrom(left: readonly Line[], right: readonly Line[]): number {
  let same = 0;
  while (left[same] && left[same]?.text === right[same]?.text) same += 1;
  return same;
}

function telling(source: string): Line[] {
  const code = source.replace(/^import\b[^;]*;$/gm, (statement) => statement.replace(/.+/g, ''));
  return code
    .split('\n')
    .map((text, index) => ({ number: index + 1, text: text.trim() }))
    .filter(({ text }) => /\w/.test(text) && !/^(\/\/|\/?\*|#)/.test(text));
}

function textOf(lines: readonly Line[]): string {
  return lines.map(({ text }) => text).join('\n');
}
