/**
 * The codes that the agent waits or fails with, as a picture and a few words that a child
 * understands. A code that is not known here still gets a picture and a way out.
 */

import type { Words } from '../../shared/words/words.ts';
import type { XoColours } from './colours.ts';
import type { Picture } from './pictures/drawing.ts';
import { queuePicture, type WhyPicture, whyPicture } from './pictures/why.ts';
import type { Viewer } from './screen.ts';
import type { State } from './state.ts';

export interface Why {
  picture: Picture;
  title: string;
  text: string;
  /** Whether pressing "try now" may help. */
  again: boolean;
  /** Somebody has to do something; waiting alone does not help. */
  help: boolean;
}

type Line = [picture: WhyPicture, title: string, text: string, again: boolean, help: boolean];

/** Codes whose words promise that it goes on by itself. */
const PROMISED: readonly string[] = [
  ...['battery', 'no-network', 'no-server', 'server-unreachable', 'transfer', 'server-busy'],
  ...['other-run', 'busy', 'spread', 'queue'],
];

/**
 * Why it waits, for a code of `Reasons`, a code of an error, or `absent`. What has ended does not go
 * on by itself, and no such thing is promised.
 */
export function whyOf(code: string, words: Words, colours: XoColours, ended = false): Why {
  const [picture, title, promise, again, help] = lineOf(code, words);
  const isPromise = ended && PROMISED.includes(code);
  const text = isPromise ? words._('Nothing is lost. Try again, or ask your teacher.') : promise;
  return { picture: whyPicture(picture, colours, title), title, text, again, help };
}

/**
 * The same as things stand now: with the place in the queue, and with the digits to be shown to the
 * teacher, which are not asked for before the school has given them.
 */
export function whyNow(
  { agent }: State,
  code: string,
  { words, colours }: Viewer,
  ended = false,
): Why & { digits: string } {
  if (code === 'queue' && !ended) {
    return { ...queueWhy(agent.queuePlace, agent.queuedUntil, words, colours), digits: '' };
  }
  const why = whyOf(code, words, colours, ended);
  if (code !== 'teacher' && code !== 'pending-approval') return { ...why, digits: '' };
  const digits = agent.pairingCode;
  return { ...why, text: digits === '' ? '' : why.text, digits };
}

/** Waiting for one's turn: `place` 1 is next; 0 where the school did not say. */
export function queueWhy(place: number, until: number, words: Words, colours: XoColours): Why {
  const { _, number, clock, rightToLeft } = words;
  const title = _('Waiting your turn');
  const at = until > 0 ? _('It goes on by itself at about {time}', { time: clock(until) }) : '';
  const name = place > 0 ? _('Your place: {n}', { n: number(place) }) : title;
  return {
    picture: queuePicture(Math.max(1, place), colours, name, rightToLeft),
    title,
    text: at,
    again: true,
    help: false,
  };
}

function lineOf(code: string, { _ }: Words): Line {
  switch (code) {
    case 'battery':
      return [
        'battery',
        _('Plug me in'),
        _('The battery is low. It goes on when there is power.'),
        true,
        false,
      ];
    case 'no-network':
      return [
        'no-network',
        _('No school network here'),
        _('It goes on by itself at school.'),
        true,
        false,
      ];
    case 'no-server':
    case 'server-unreachable':
    case 'transfer':
      return [
        'no-server',
        _('The school does not answer'),
        _('It is tried again by itself.'),
        true,
        false,
      ];
    case 'not-registered':
      return [
        'teacher',
        _('The school does not know this laptop'),
        _('Ask your teacher.'),
        true,
        true,
      ];
    case 'teacher':
    case 'pending-approval':
      return ['teacher', _('Ask your teacher'), _('Show this number to your teacher.'), true, true];
    case 'queue':
      return ['clock', _('Waiting your turn'), _('It goes on by itself.'), true, false];
    case 'unreadable':
    case 'damaged':
    case 'datastore':
      return ['puzzle', _('It did not work: show this to your teacher'), '', true, true];
    case 'server-busy':
      return ['server-busy', _('The school is busy'), _('It goes on by itself.'), true, false];
    case 'server-full':
      return [
        'server-full',
        _('The school is full'),
        _('Tell your teacher. Nothing is lost.'),
        true,
        true,
      ];
    case 'over-quota':
      return [
        'server-full',
        _('Your place at school is full'),
        _('Unpin something, or ask your teacher.'),
        true,
        true,
      ];
    case 'other-run':
    case 'busy':
      return [
        'other-run',
        _('Something else is at work'),
        _('It goes on afterwards.'),
        true,
        false,
      ];
    case 'paused':
      return ['paused', _('Paused'), '', false, false];
    case 'suspend':
      return ['asleep', _('Going to sleep'), '', false, false];
    case 'spread':
      return ['clock', _('Soon'), _('It starts by itself.'), true, false];
    case 'laptop-full':
      return [
        'laptop-full',
        _('This laptop is full'),
        _('Erase something you do not need, or keep it at school.'),
        true,
        true,
      ];
    case 'untrusted-server':
      return ['lock', _('Is this your school?'), _('Show this to your teacher.'), false, true];
    case 'asleep':
    case 'absent':
      return ['asleep', _('The backup is not running'), _('Ask your teacher.'), true, true];
    default:
      return [
        'puzzle',
        _('It did not work yet'),
        _('Nothing is lost. Try again, or ask your teacher.'),
        true,
        true,
      ];
  }
}
