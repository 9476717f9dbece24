/**
 * A progress bar at a terminal that is redrawn in place, for `ds-backup` and `xs-backup`.
 */

export interface BarStep {
  /** 0…1 */
  share: number;
  /** Shown after the bar: `12/80 sending`. */
  text: string;
  /** The bar is redrawn at once when this changes. */
  phase: string;
}

export interface ProgressBar {
  show(step: BarStep): void;
  /** Clears the line for other output; the next step redraws the bar. */
  clear(): void;
  /** Ends the line, if the bar was drawn. */
  close(): void;
}

const BAR_WIDTH = 30;
/** The shortest time between two redraws, in milliseconds. */
const REDRAW_MS = 100;
const ERASE = '\r\u001b[K';

export function progressBar(write: (text: string) => void, nowMs: () => number): ProgressBar {
  let last: { ms: number; phase: string } | undefined;
  let drawn = false;
  return {
    show: ({ share, text, phase }) => {
      if (phase === last?.phase && nowMs() - last.ms < REDRAW_MS) return;
      last = { ms: nowMs(), phase };
      drawn = true;
      const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
      write(`${ERASE}[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${text}`);
    },
    clear: () => {
      if (drawn) write(ERASE);
      drawn = false;
      last = undefined;
    },
    close: () => {
      if (drawn) write('\n');
      drawn = false;
    },
  };
}
