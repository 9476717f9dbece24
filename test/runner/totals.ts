/**
 * What a test file has to say about itself: its directives at the top, and uvu's totals in its
 * output.
 */

export interface Directives {
  /** Roughly its seconds on a quiet machine: what is heavier begins first. It limits nothing. */
  weight: number;
  /**
   * What may run meanwhile: anything; one other file, for those that mind the time; or nothing, for those
   * that reach what others use.
   */
  beside: 'anything' | 'calm' | 'nothing';
}

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

const DEFAULT_WEIGHT = 20;
/** Directives stand in the first lines, where a reader looks. */
const DIRECTIVE_LINES = 5;

/** Reads `// weight: 90`, `// calm` and `// alone`. Throws for one that is nearly right. */
export function readDirectives(source: string): Directives {
  let weight = DEFAULT_WEIGHT;
  let beside: Directives['beside'] = 'anything';
  for (const line of source.split('\n').slice(0, DIRECTIVE_LINES)) {
    const given = /^\/\/ weight: ([1-9]\d{0,3})$/.exec(line)?.[1];
    if (given) weight = Number(given);
    else if (/^\/\/ *weight/i.test(line)) {
      throw new Error(`"${line}" should be like "// weight: 90"`);
    } else if (/^\/\/ *time.?limit/i.test(line)) {
      throw new Error(
        `"${line}": no test has a time limit; "// weight: 90" says what begins first`,
      );
    }
    if (/^\/\/ alone\b/.test(line)) beside = 'nothing';
    if (/^\/\/ calm\b/.test(line)) beside = 'calm';
  }
  return { weight, beside };
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
