/**
 * What a test file has to say about itself: its directives at the top, and uvu's totals in its
 * output.
 */

export interface Directives {
  limitMs: number;
  /**
   * What may run meanwhile: anything; one other that wants calm too, for those that mind the time; or
   * nothing, for those that reach what others use.
   */
  beside: 'anything' | 'calm' | 'nothing';
}

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

const DEFAULT_LIMIT_S = 180;
/** Directives stand in the first lines, where a reader looks. */
const DIRECTIVE_LINES = 5;

/** Reads `// time limit: 400 s`, `// calm` and `// alone`. Throws for one that is nearly right. */
export function readDirectives(source: string): Directives {
  let limitS = DEFAULT_LIMIT_S;
  let beside: Directives['beside'] = 'anything';
  for (const line of source.split('\n').slice(0, DIRECTIVE_LINES)) {
    const limit = /^\/\/ time limit: ([1-9]\d{0,3}) s$/.exec(line)?.[1];
    if (limit) limitS = Number(limit);
    else if (/^\/\/ *time.?limit/i.test(line)) {
      throw new Error(`"${line}" should be like "// time limit: 400 s"`);
    }
    if (/^\/\/ alone\b/.test(line)) beside = 'nothing';
    if (/^\/\/ calm\b/.test(line)) beside = 'calm';
  }
  return { limitMs: limitS * 1000, beside };
}

/** uvu's closing lines, or null when there are none: the file never called `.run()`, or died. */
export function readTotals(output: string): Totals | null {
  const plain = output.replace(/\x1b\[[\d;]*m/g, '');
  const found = [
    ...plain.matchAll(/^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)$/gm),
  ];
  const last = found.at(-1);
  if (!last) return null;
  const [total = 0, passed = 0, skipped = 0] = last.slice(1).map(Number);
  return { passed, failed: total - passed, skipped };
}
