/**
 * Lines of the audit log as sentences: who did what with which laptop.
 */
import type { Words } from '../../../../shared/words/words.ts';
import type { AuditEvent, AuditLine } from '../../../registration/audit.ts';
import { dayName } from '../../frame/day-name.ts';
import { trashName } from '../shown/trash-name.ts';

/** The nick of a laptop, or an empty string. */
export type NickOf = (serial: string) => string;

export function auditSentence(words: Words, line: AuditLine, nickOf: NickOf): string {
  const name = (serial: string) =>
    isolate(nickOf(serial) ? `${nickOf(serial)} (${serial})` : serial);
  const { serial, details } = line;
  return SENTENCES[line.event](words, {
    who: isolate(whoText(words, line)),
    laptop: serial === null ? '' : name(serial),
    other: typeof details.of === 'string' ? name(details.of) : '?',
    what: whatOf(words, details),
    name: isolate(String(details.account ?? details.name ?? '')),
    n: Number(details.snapshots ?? details.minutes ?? details.removed ?? 0),
  });
}

/** A name in another script must not turn the direction of the sentence around it. */
function isolate(name: string): string {
  return `\u2068${name}\u2069`;
}

/** What a line is about, besides the laptop: a day, or an entry that is known by its uid only. */
function whatOf(words: Words, { snapshot, uid, name }: AuditLine['details']): string {
  if (uid !== undefined) return words._('a thing');
  if (snapshot !== undefined) return dayName(words, String(snapshot));
  return name === undefined ? '' : trashName(words, { name: String(name), title: '' });
}

export function whoText({ _ }: Words, { who, name }: Pick<AuditLine, 'who' | 'name'>): string {
  switch (who) {
    case 'laptop':
      return _('The laptop itself');
    case 'admin':
      return _('Somebody at the terminal');
    case 'teacher':
      return name ?? '?';
    case 'child':
      return _('The child herself');
    default:
      return who satisfies never;
  }
}

interface Facts {
  who: string;
  laptop: string;
  other: string;
  what: string;
  name: string;
  n: number;
}

type Sentence = (words: Words, facts: Facts) => string;

const SENTENCES: Readonly<Record<AuditEvent, Sentence>> = {
  registered: ({ _ }, { laptop }) => _('{laptop} registered.', { laptop }),
  imported: ({ _ }, { laptop }) => _('{laptop} was taken over from the old server.', { laptop }),
  'key-accepted': ({ _ }, { laptop }) => _('{laptop} was let in with its first key.', { laptop }),
  waiting: ({ _ }, { laptop }) => _('{laptop} asked to be let in with another key.', { laptop }),
  approved: ({ _ }, { who, laptop }) => _('{who} let {laptop} in.', { who, laptop }),
  rejected: ({ _ }, { who, laptop }) => _('{who} rejected a key of {laptop}.', { who, laptop }),
  unrejected: ({ _ }, { who, laptop }) =>
    _('{who} let a rejected key of {laptop} ask again.', { who, laptop }),
  retired: ({ _ }, { who, laptop }) => _('{who} took {laptop} out of use.', { who, laptop }),
  unretired: ({ _ }, { who, laptop }) => _('{who} took {laptop} back into use.', { who, laptop }),
  forgotten: ({ _ }, { who, laptop }) =>
    _('{who} had {laptop} forgotten, which had no backup.', { who, laptop }),
  separated: ({ _ }, { who, laptop }) =>
    _('{who} gave the second laptop of {laptop} a serial number of its own.', { who, laptop }),
  united: ({ _ }, { who, laptop }) => _('{who} said that {laptop} is one laptop.', { who, laptop }),
  welcomed: ({ _ }, { who, laptop }) =>
    _('{who} welcomed {laptop} from another school.', { who, laptop }),
  declined: ({ _ }, { who, laptop }) =>
    _('{who} did not let {laptop} come here from another school.', { who, laptop }),
  'moved-back': ({ _ }, { who, laptop }) =>
    _('{who} took back that {laptop} came here from another school.', { who, laptop }),
  'window-opened': ({ _n }, { who, n }) =>
    _n(
      '{who} let new laptops register for {n} minute.',
      '{who} let new laptops register for {n} minutes.',
      n,
      { who },
    ),
  'window-closed': ({ _ }, { who }) => _('{who} let no more new laptops register.', { who }),
  aliased: ({ _ }, { who, laptop, other }) =>
    _('{who} said that {laptop} takes the place of {other}.', { who, laptop, other }),
  unaliased: ({ _ }, { who, laptop }) =>
    _('{who} said that {laptop} takes no place of another laptop.', { who, laptop }),
  'teacher-added': ({ _ }, { who, name }) => _('{who} added the teacher {name}.', { who, name }),
  'teacher-changed': ({ _ }, { who, name }) =>
    _('{who} gave the teacher {name} a new password.', { who, name }),
  'teacher-role': ({ _ }, { who, name }) =>
    _('{who} changed what {name} may do on the pages.', { who, name }),
  'teacher-removed': ({ _ }, { who, name }) =>
    _('{who} removed the teacher {name}.', { who, name }),
  'signed-in': ({ _ }, { who }) => _("{who} signed in to the teachers' pages.", { who }),
  pinned: ({ _ }, { who, what, laptop }) =>
    _('{who} pinned {what} of {laptop}.', { who, what, laptop }),
  unpinned: ({ _ }, { who, what, laptop }) =>
    _('{who} unpinned {what} of {laptop}.', { who, what, laptop }),
  'held-released': ({ _n }, { who, laptop, n }) =>
    _n(
      '{who} said that {n} backup of {laptop} held aside is right.',
      '{who} said that {n} backups of {laptop} held aside are right.',
      n,
      { who, laptop },
    ),
  'held-again': ({ _n }, { who, laptop, n }) =>
    _n(
      '{who} had {n} backup of {laptop} held aside again.',
      '{who} had {n} backups of {laptop} held aside again.',
      n,
      { who, laptop },
    ),
  'held-dropped': ({ _n }, { who, laptop, n }) =>
    _n(
      '{who} threw {n} backup of {laptop} away that was held aside.',
      '{who} threw {n} backups of {laptop} away that were held aside.',
      n,
      { who, laptop },
    ),
  undeleted: ({ _ }, { who, what, laptop }) =>
    _('{who} brought {what} of {laptop} back from the trash.', { who, what, laptop }),
  'cleaned-up': ({ _n }, { who, n }) =>
    _n(
      '{who} had the server clean up: {n} backup went to the trash.',
      '{who} had the server clean up: {n} backups went to the trash.',
      n,
      { who },
    ),
  'clock-trusted': ({ _ }, { who }) => _("{who} said that the server's clock is right.", { who }),
  'journal-read': ({ _ }, { who, laptop }) =>
    _('{who} looked into the Journal of {laptop}.', { who, laptop }),
  'class-page-on': ({ _ }, { who }) => _('{who} switched the class page on.', { who }),
  'class-page-off': ({ _ }, { who }) => _('{who} switched the class page off.', { who }),
  'class-approved': ({ _ }, { who, what, laptop }) =>
    _('{who} put {what} of {laptop} on the class page.', { who, what, laptop }),
  'class-refused': ({ _ }, { who, what, laptop }) =>
    _('{who} said no to {what} of {laptop} for the class page.', { who, what, laptop }),
  'class-cleared': ({ _ }, { who, laptop }) =>
    _('{who} took everything of {laptop} off the class page.', { who, laptop }),
  'class-exported': ({ _ }, { who }) => _('{who} made a copy of the class page.', { who }),
  'code-given': ({ _ }, { who, laptop }) =>
    _('{who} gave out a code that opens the Journal of {laptop} once.', { who, laptop }),
  'code-used': ({ _ }, { laptop }) =>
    _('With the code that was given out, somebody opened the Journal of {laptop}.', { laptop }),
  'moodle-added': ({ _ }, { who, name }) =>
    _('{who} let the Moodle {name} sign children on.', { who, name }),
  'moodle-forgotten': ({ _ }, { who, name }) =>
    _('{who} let the Moodle {name} sign nobody on any more.', { who, name }),
  'moodle-bound': ({ _ }, { laptop, name }) =>
    _('The child of {laptop} said that she is {name} in Moodle.', { laptop, name }),
  'moodle-ended': ({ _ }, { who, laptop, name }) =>
    _('{who} ended that {name} in Moodle sees the Journal of {laptop}.', { who, laptop, name }),
  'moodle-signed-on': ({ _ }, { laptop, name }) =>
    _('{name} looked into the Journal of {laptop}, via Moodle.', { laptop, name }),
  'more-not-written': ({ _ }) => _('Laptops did more on this day than is written down in one day.'),
};
