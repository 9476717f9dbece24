/** What a batch of fast test files prints between them, and how the runner reads it. */

/** A control character that no test prints. */
export const MARK = '\x1e';

export interface BatchPart {
  file: string;
  output: string;
  /** Null when the process ended in the middle of this file. */
  end: { well: boolean; ms: number } | null;
}

/** Cuts a batch's output into its files, in the order in which they ran. */
export function readBatch(output: string): BatchPart[] {
  const parts: BatchPart[] = [];
  for (const piece of output.split(MARK)) {
    const line = piece.split('\n', 1)[0] ?? '';
    const rest = piece.slice(line.length + 1);
    const [word, ...more] = line.split(' ');
    const open = parts.at(-1);
    if (word === 'begin') parts.push({ file: more.join(' '), output: rest, end: null });
    else if (word === 'end' && open) {
      open.end = { well: more[0] === 'well', ms: Number(more[1]) };
      open.output += rest;
    }
  }
  return parts;
}
