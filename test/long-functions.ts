/**
 * How many lines a function takes, read from the text: every line from its first to its last, with comments,
 * JSX and templates. (Biome's rule passes over all three.) Safe for code that Biome has formatted: what belongs
 * to a statement stands further in, and the line that closes it stands where it began.
 */

/** A function, or a method: one that ends in `}` and not, as a call, in `)`. */
const NAMED =
  /^(?!\s*(?:if|for|while|switch|catch|with|return|throw|await|new)\b).*(?:\bfunction\b|^\s*(?:(?:static|async|get|set|override|private|protected|public) )*\*?(?:[#\w$]+|\[[^\]]+\]|'[^']*')(?:<.*>)?\()/;
/** … but none in the type of a constant. */
const ARROW = /=>(?!.*=>)(?!.* = [{[(]$)(?: .*)?$/;
/** The line before a function that is long because it is a table says of what. */
const TABLE = /^\s*\/\/ long: \S/;
const CLOSES = /^\s*(?:[)}\]>]|<\/)/;
const FAR_IN = ' '.repeat(200);
const GOES_ON = /(?:[({[,]|=>)$/;

export interface LongFunction {
  /** Its first line, from 1. */
  line: number;
  lines: number;
}

/** Functions, methods and arrow functions of more than `most` lines that are not called a table. */
export function longFunctions(source: string, most: number): LongFunction[] {
  const lines = withoutTexts(source.split('\n'));
  const found = new Map<number, LongFunction>();
  for (const [n, text] of lines.entries()) {
    const isArrow = ARROW.test(text);
    if (!isArrow && !NAMED.test(text)) continue;
    const first = CLOSES.test(text) ? headOf(lines, n) : n;
    const last = endOf(lines, n);
    const isFunction = isArrow || /^\s*\}[,;]?$/.test(lines[last] ?? '');
    if (!isFunction || last - first < most || TABLE.test(lines[first - 1] ?? '')) continue;
    found.set(first, { line: first + 1, lines: last - first + 1 });
  }
  return [...found.values()];
}

/** A text over several lines stands wherever it likes: it is moved further in than all else. */
function withoutTexts(lines: readonly string[]): string[] {
  let isText = false;
  return lines.map((line) => {
    const was = isText;
    const isComment = !was && /^\s*(?:\/\/|\/\*|\*)/.test(line);
    if (!isComment && (line.match(/`/g)?.length ?? 0) % 2 === 1) isText = !isText;
    return was && line !== '' ? FAR_IN + line : line;
  });
}

/** Where the statement begins that goes on at line `n`, behind its arguments. */
function headOf(lines: readonly string[], n: number): number {
  const depth = depthOf(lines[n] ?? '');
  let first = n - 1;
  while (first > 0 && (depthOf(lines[first] ?? '') > depth || CLOSES.test(lines[first] ?? ''))) {
    first -= 1;
  }
  return first;
}

/** The last line of the statement that begins at line `n`. */
function endOf(lines: readonly string[], n: number): number {
  const depth = depthOf(lines[n] ?? '');
  for (let last = n + 1; last < lines.length; last += 1) {
    const text = lines[last] ?? '';
    if (depthOf(text) > depth) continue;
    if (!CLOSES.test(text) || depthOf(text) < depth) return lastLine(lines, last - 1);
    if (!GOES_ON.test(text)) return last;
  }
  return lastLine(lines, lines.length - 1);
}

/** The last line up to `n` that is not empty. */
function lastLine(lines: readonly string[], n: number): number {
  return lines[n]?.trim() === '' ? lastLine(lines, n - 1) : n;
}

/** How far in it stands; an empty line stands nowhere. */
function depthOf(text: string): number {
  return text.trim() === '' ? Number.POSITIVE_INFINITY : text.search(/\S/);
}
