/**
 * Why the agent waits or failed, as a picture and a few words a child understands. A code that is
 * not known here still gets a picture and a way out.
 */
import type { JobReason, ToldReason } from '../../../shared/backup-states.ts';
import type { ErrorCode } from '../../../shared/errors.ts';
import type { Words } from '../../../shared/words/words.ts';
import type { XoColor } from '../../sugar/xocolor.ts';
import type { Picture } from '../pictures/drawing.ts';
import { queuePicture, type WhyPicture, whyPicture } from '../pictures/why.ts';
import type { State } from '../state/state.ts';
import type { Viewer } from './body.ts';

export interface Why {
  code: string;
  picture: Picture;
  title: string;
  text: string;
  /** Pressing "Try now" may help. */
  again: boolean;
  /** Somebody has to do something; waiting alone does not help. */
  help: boolean;
}

interface Shown extends Omit<Why, 'picture' | 'code'> {
  picture: WhyPicture;
  /** `text` promises that it continues by itself, which is not true of what has ended. */
  promise?: true;
}

/** Marks a text for the catalogues; it is translated when it is shown. */
const _ = (text: string): string => text;

const TRY_OR_ASK = _('Nothing is lost. Try again, or ask your teacher.');

const waits = (picture: WhyPicture, title: string, text: string): Shown => ({
  ...{ picture, title, text, again: true, help: false, promise: true },
});
const needsHelp = (picture: WhyPicture, title: string, text: string): Shown => ({
  ...{ picture, title, text, again: true, help: true },
});

const NO_SERVER = waits(
  'no-server',
  _('The school does not answer'),
  _('It is tried again by itself.'),
);
const TEACHER = needsHelp('teacher', _('Ask your teacher'), _('Show this number to your teacher.'));
const NOT_WORKING = needsHelp('puzzle', _('It did not work: show this to your teacher'), '');
const DAMAGED = needsHelp('damaged', _('It did not work: show this to your teacher'), '');
const BUSY = waits('other-run', _('Something else is at work'), _('It goes on afterwards.'));
const NO_AGENT = needsHelp('no-agent', _('The backup is not running'), _('Ask your teacher.'));
const UNKNOWN = needsHelp('puzzle', _('It did not work yet'), TRY_OR_ASK);

const PAUSED: Shown = {
  picture: 'paused',
  title: _('Paused'),
  text: '',
  again: false,
  help: false,
};

/** Why a job is not running. */
const REASONS: Readonly<Record<JobReason | Extract<ToldReason, 'rest'>, Shown>> = {
  paused: PAUSED,
  rest: { ...PAUSED, again: true },
  suspend: { picture: 'asleep', title: _('Going to sleep'), text: '', again: false, help: false },
  battery: waits(
    'battery',
    _('Plug me in'),
    _('The battery is low. It goes on when there is power.'),
  ),
  'no-network': waits(
    'no-network',
    _('No school network here'),
    _('It goes on by itself at school.'),
  ),
  'no-server': NO_SERVER,
  'not-registered': needsHelp(
    'teacher',
    _('The school does not know this laptop'),
    _('Ask your teacher.'),
  ),
  teacher: TEACHER,
  queue: waits('clock', _('Waiting your turn'), _('It goes on by itself.')),
  'server-busy': waits('server-busy', _('The school is busy'), _('It goes on by itself.')),
  'server-full': needsHelp(
    'server-full',
    _('The school is full'),
    _('Tell your teacher. Nothing is lost.'),
  ),
  'over-quota': needsHelp(
    'quota-full',
    _('Your place at school is full'),
    _('Unpin something, or ask your teacher.'),
  ),
  'other-run': BUSY,
  'untrusted-server': {
    ...{ picture: 'lock', title: _('Is this your school?'), text: _('Show this to your teacher.') },
    ...{ again: false, help: true },
  },
  'laptop-full': needsHelp(
    'laptop-full',
    _('This laptop is full'),
    _('Erase something you do not need, or keep it at school.'),
  ),
  spread: waits('clock', _('Soon'), _('It starts by itself.')),
  problem: UNKNOWN,
};

/** Errors that are no reasons, and what is no error: a held backup, and an agent that does not start. */
const OTHERS: Readonly<Record<Exclude<ErrorCode, JobReason> | 'held' | 'absent', Shown>> = {
  'server-unreachable': NO_SERVER,
  transfer: NO_SERVER,
  'server-trouble': needsHelp(
    'server-trouble',
    _('Something at school does not work'),
    _('Tell your teacher. Nothing is lost.'),
  ),
  'pending-approval': TEACHER,
  unreadable: NOT_WORKING,
  damaged: DAMAGED,
  datastore: NOT_WORKING,
  'laptop-read-only': NOT_WORKING,
  busy: BUSY,
  'server-refused': UNKNOWN,
  'key-taken': UNKNOWN,
  'only-copy': UNKNOWN,
  'not-found': UNKNOWN,
  'bad-id': UNKNOWN,
  'bad-input': UNKNOWN,
  'program-failed': UNKNOWN,
  'missing-tool': UNKNOWN,
  config: UNKNOWN,
  usage: UNKNOWN,
  cancelled: UNKNOWN,
  internal: UNKNOWN,
  held: {
    ...{ picture: 'held', title: _('The school asks your teacher'), again: false, help: true },
    text: _('Your Journal looks different. The school keeps what was before.'),
  },
  absent: NO_AGENT,
};
const WORDS: Readonly<Record<string, Shown>> = { ...REASONS, ...OTHERS };

/** The picture and words of a code; with `ended`, without a promise to continue. */
export function whyOf(code: string, words: Words, color: XoColor, ended = false): Why {
  const reason = WORDS[code] ?? UNKNOWN;
  const { again, help } = reason;
  const [title, text] = [reason.title, ended && reason.promise ? TRY_OR_ASK : reason.text].map(
    (said) => (said === '' ? '' : words._(said)),
  ) as [string, string];
  const picture = whyPicture(reason.picture, color, title);
  return { code, picture, title, text, again, help };
}

/**
 * The same with what the agent knows now: the place in the queue, when the school wants to be asked
 * again, and the digits for the teacher once the school has sent them.
 */
export function whyNow(
  { agent }: State,
  code: string,
  { words, color }: Viewer,
  ended = false,
): Why & { digits: string } {
  if (code === 'queue' && !ended) {
    return { ...queueWhy(agent.queuePlace, agent.queuedUntil, words, color), digits: '' };
  }
  const why = whyOf(code, words, color, ended);
  if (code === 'server-busy' && !ended && agent.queuedUntil > 0) {
    return { ...why, text: goesOnAt(agent.queuedUntil, words), digits: '' };
  }
  if (code !== 'teacher' && code !== 'pending-approval') return { ...why, digits: '' };
  const digits = agent.pairingCode;
  return { ...why, text: digits === '' ? '' : why.text, digits };
}

/** Title and text in one line. */
export function whyLine({ title, text }: Pick<Why, 'title' | 'text'>): string {
  if (title === '' || text === '') return title + text;
  return /[.?!؟]$/.test(title) ? `${title} ${text}` : `${title}. ${text}`;
}

/** Waiting in the queue: `place` 1 is next, 0 is unknown; `until` in seconds since 1970 or 0. */
function queueWhy(place: number, until: number, words: Words, color: XoColor): Why {
  const { number, rightToLeft } = words;
  const title = words._('Waiting your turn');
  const at = until > 0 ? goesOnAt(until, words) : '';
  const own = place > 0 ? words._('Your place: {n}', { n: number(place) }) : '';
  return {
    code: 'queue',
    picture: queuePicture(place, number(place), color, own || title, rightToLeft),
    ...{
      title,
      text: [own, at].filter((part) => part !== '').join(' · '),
      again: true,
      help: false,
    },
  };
}

/** `until` in seconds since 1970. */
function goesOnAt(until: number, words: Words): string {
  return words._('It goes on by itself at about {time}', { time: words.clock(until) });
}
