/**
 * A bar at a terminal that draws itself over itself; both programs have one.
 */

export interface BarStep {
  /** 0…1 */
  share: number;
  /** Behind the bar: `12/80 sending`. */
  text: string;
  /** When it changes, the bar is drawn at once. */
  phase: string;
}

export interface ProgressBar {
  show(step: BarStep): void;
  /** Makes room for a line of something else; the next step draws the bar again. */
  clear(): void;
  /** Ends its line, if it was drawn. */
  close(): void;
}

const BAR_WIDTH = 30;
/** A bar that moves more often than this is only work, in milliseconds. */
const REDRAW_MS = 100;
const ERASE = '\r\u001b[K';

export function progressBar(write: (text: string) => void, nowMs: () => number): ProgressBar {
  let last = { ms: Number.NEGATIVE_INFINITY, phase: '' };
  let drawn = false;
  return {
    show: ({ share, text, phase }) => {
      if (phase === last.phase && nowMs() - last.ms < REDRAW_MS) return;
      last = { ms: nowMs(), phase };
      drawn = true;
      const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
      write(`${ERASE}[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${text}`);
    },
    clear: () => {
      if (drawn) write(ERASE);
      drawn = false;
      last = { ms: Number.NEGATIVE_INFINITY, phase: '' };
    },
    close: () => {
      if (drawn) write('\n');
      drawn = false;
    },
  };
}
