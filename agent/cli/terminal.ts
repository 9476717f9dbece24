/**
 * Shows the progress of a command on stderr: a bar for a person, a line per phase for a log.
 */
import { progressBar } from '../../shared/words/progress-bar.ts';
import { fraction, type Phase, type Progress } from '../progress.ts';

export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Ends its line; may be called twice. */
  close(): void;
}

const PHASES: Record<Phase, string> = {
  asking: 'asking the school server',
  scanning: 'scanning the Journal',
  sending: 'sending',
  confirming: 'waiting for the school server to confirm',
  fetching: 'bringing back',
  done: 'done',
};

/** A bar that redraws itself. */
export function progressDisplay(
  write: (text: string) => void,
  nowMs: () => number,
): ProgressDisplay {
  const bar = progressBar(write, nowMs);
  return {
    show: (progress) => {
      const { phase, entriesDone, entriesTotal } = progress;
      const count = entriesTotal > 0 ? `${entriesDone}/${entriesTotal} ` : '';
      bar.show({ share: fraction(progress), text: `${count}${PHASES[phase]}`, phase });
    },
    close: () => bar.close(),
  };
}

/** One line per phase. */
export function phaseLines(write: (text: string) => void): ProgressDisplay {
  let last = '';
  return {
    show: ({ phase }) => {
      if (phase !== last && phase !== 'done') write(`${PHASES[phase]}…\n`);
      last = phase;
    },
    close: () => {},
  };
}
