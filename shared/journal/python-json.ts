/**
 * JSON as Python reads it and `str()` prints it: Sugar 0.82 kept an entry's properties in one JSON
 * object, and later versions converted each value to text that way. Numbers keep their digits
 * (`1217000000.0` stays so), which JSON.parse alone would lose.
 */

/** A number with the digits it has in the file. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A string (unrolled, so that long ones do not exhaust the matcher's stack) or a number. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Marks a number that passes JSON.parse as text; a JSON string cannot contain the NUL. */
const MARK = '\u0000number ';

/** Name → value of a JSON object, for pythonText(). Throws for anything else. */
export function parsePythonJson(text: string): Map<string, unknown> {
  if (text.includes('\\u0000')) throw new SyntaxError('a text with a NUL is not a valid property');
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') ? token : `"\\u0000number ${token}"`,
  );
  // A number in the wrong place (`01`, a name) would pass as text, so the input is parsed too.
  JSON.parse(text);
  const value: unknown = JSON.parse(marked, (_name, part: unknown) =>
    typeof part === 'string' && part.startsWith(MARK)
      ? new NumberText(part.slice(MARK.length))
      : part,
  );
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || value instanceof NumberText) throw new SyntaxError('not an object');
  return new Map(Object.entries(value));
}

/** What Python's `str()` returns for a value. */
export function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value instanceof NumberText) return numberRepr(value.text);
  if (typeof value === 'string') return stringRepr(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  const pairs = Object.entries(value).map(
    ([name, part]) => `${stringRepr(name)}: ${pythonRepr(part)}`,
  );
  return `{${pairs.join(', ')}}`;
}

function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

/** Whole numbers have any length; others are written with the fewest digits that tell them apart. */
function numberRepr(text: string): string {
  if (/^-?\d+$/.test(text)) return BigInt(text).toString();
  const value = Number(text);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
