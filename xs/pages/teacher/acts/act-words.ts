/**
 * The words of each act: question, meaning, button, and what is said afterwards.
 */
import { parseUid, tryParse } from '../../../../shared/ids.ts';
import type { Words } from '../../../../shared/words/words.ts';
import type { Act, ActName } from './acts.ts';

export interface ActWords {
  /** On a link or button. */
  label: string;
  question: string;
  meaning: string;
  /** Said when it is done. */
  done: string;
}

/** What goes into the words. */
export interface ActFacts {
  /** Nick of the laptop the act is about, or its serial number. */
  name: string;
  /** Of the other laptop, for `alias`. */
  other: string;
  /** Name of the day or entry concerned. */
  what: string;
  /** Digits that the laptop may ask for after its approval. */
  answer: string | null;
  /** Another key than before was let in. */
  another: boolean;
  minutes: number;
  /** For acts about many laptops. */
  laptops: number;
}

export function actWords(words: Words, { name, fields }: Act, facts: ActFacts): ActWords {
  const { name: who, other, what, laptops } = facts;
  switch (name) {
    case 'approve':
      return approveWords(words, fields.code ?? '', facts);
    case 'register-window':
      return windowWords(words, facts.minutes);
    case 'unpin':
      // The copy of a single thing goes at once; a day that was pinned stays as long as any other day.
      return tryParse(parseUid, fields.pin)
        ? { ...TEXTS.unpin(words, { who, other, what, laptops }), ...unpinThingWords(words) }
        : TEXTS.unpin(words, { who, other, what, laptops });
    default:
      return TEXTS[name](words, { who, other, what, laptops });
  }
}

function approveWords({ _ }: Words, code: string, facts: ActFacts): ActWords {
  const { name: who, answer, another } = facts;
  const done = [
    _('{who} is let in. The laptop goes on by itself.', { who }),
    ...(another ? [_('It has another key than before: that one opens nothing any more.')] : []),
    ...(answer === null
      ? []
      : [_('If it asks which digits the school shows, they are {answer}.', { answer })]),
  ];
  return {
    label: _('Approve'),
    question: _('Does the laptop of {who} show the code {code}?', { who, code }),
    meaning: _(
      'Look at the laptop itself. Its key may then open this Journal: back up into it and bring back from it.',
    ),
    done: done.join(' '),
  };
}

function unpinThingWords({ _ }: Words): Pick<ActWords, 'meaning' | 'done'> {
  return {
    meaning: _(
      'It stays in the days that have it, as long as those stay. The pinned copy goes to the trash now, and can be brought back for some days.',
    ),
    done: _('No longer pinned. The pinned copy is in the trash.'),
  };
}

/** Typed digits that no key of this laptop has. */
export function wrongCodeWords({ _ }: Words): string {
  return _(
    'No key that waits has these digits. Type what the laptop shows now. If it does show them, somebody stands between the laptop and this server: let nobody in.',
  );
}

/** What only a keeper of the server may do. */
export function keeperWords({ _ }: Words): string {
  return _(
    'Only somebody who keeps the server may do this: it is for the whole school, or takes something away. Ask her, or him.',
  );
}

/** Typed digits that two keys of this laptop have. */
export function sharedCodeWords({ _ }: Words, who: string): string {
  return _(
    'By chance two keys of the laptop of {who} have these digits, so none was let in. In a moment the laptop shows new ones: type those.',
    { who },
  );
}

/** The digits were those of the key that the laptop has already; nothing that waits was let in. */
export function confirmedWords({ _ }: Words, who: string): string {
  return _(
    'Confirmed: these are the digits of the key that the laptop of {who} has already. No other key was let in.',
    { who },
  );
}

/** 0 minutes close the window. */
function windowWords({ _, _n }: Words, minutes: number): ActWords {
  if (minutes > 0) {
    return {
      label: _n('Open for {n} minute', 'Open for {n} minutes', minutes),
      question: _n(
        'Let new laptops register for {n} minute?',
        'Let new laptops register for {n} minutes?',
        minutes,
      ),
      meaning: _('Afterwards it closes by itself.'),
      done: _('New laptops can register now.'),
    };
  }
  return {
    label: _('Close now'),
    question: _('Let no new laptop register any more?'),
    meaning: _('Laptops that are known go on as before.'),
    done: _('No new laptop can register.'),
  };
}

interface TextFacts extends Pick<ActFacts, 'other' | 'what' | 'laptops'> {
  who: string;
}
type Texts = (words: Words, facts: TextFacts) => ActWords;

const TEXTS: Readonly<Record<Exclude<ActName, 'approve' | 'register-window'>, Texts>> = {
  reject: ({ _ }, { who }) => ({
    label: _('Reject'),
    question: _('Reject this key for the Journal of {who}?', { who }),
    meaning: _('This key opens nothing, and does not ask again. The Journal stays as it is.'),
    done: _('Rejected.'),
  }),
  retire: ({ _ }, { who }) => ({
    label: _('Take out of use'),
    question: _('Take the laptop of {who} out of use?', { who }),
    meaning: _('It can no longer connect. What the school keeps of it stays.'),
    done: _('Out of use.'),
  }),
  unretire: ({ _ }, { who }) => ({
    label: _('Take back into use'),
    question: _('Take the laptop of {who} back into use?', { who }),
    meaning: _('It can connect again, with the keys it had.'),
    done: _('In use again.'),
  }),
  forget: ({ _ }, { who }) => ({
    label: _('Forget'),
    question: _('Forget the laptop of {who}?', { who }),
    meaning: _('It never made a backup, so nothing is lost. It can register again.'),
    done: _('Forgotten.'),
  }),
  alias: ({ _ }, { other }) => ({
    label: _('The same child'),
    question: _('Is this the new laptop of {other}?', { other }),
    meaning: _(
      'The new laptop then sees everything that the old one left, and can bring it back. You can undo this.',
    ),
    done: _('The new laptop takes the place of the old one.'),
  }),
  unalias: ({ _ }, { who }) => ({
    label: _('Undo: another child'),
    question: _('Does the laptop of {who} not belong to the child of the old one?', { who }),
    meaning: _('It no longer sees what the old laptop left.'),
    done: _('The two laptops are separate again.'),
  }),
  replace: ({ _ }, { other }) => ({
    label: _('Yes, and the old laptop is gone'),
    question: _('Is this the new laptop of {other}?', { other }),
    meaning: _(
      'The new laptop then sees everything that the old one left, and can bring it back. The old one can no longer connect; what the school keeps of it stays.',
    ),
    done: _('The new laptop takes the place of the old one, which is out of use.'),
  }),
  'undo-replace': ({ _ }, { who }) => ({
    label: _('Undo: another child'),
    question: _('Does the laptop of {who} not belong to the child of the old one?', { who }),
    meaning: _('It no longer sees what the old laptop left, and the old one can connect again.'),
    done: _('The two laptops are separate again, and both in use.'),
  }),
  separate: ({ _ }, { who }) => ({
    label: _('Two children use them'),
    question: _('Are there two laptops that both call themselves {who}?', { who }),
    meaning: _(
      'The second one gets a serial number of its own when it comes next, and sends everything it has. What is stored stays.',
    ),
    done: _('The second laptop gets a serial number of its own.'),
  }),
  unite: ({ _ }, { who }) => ({
    label: _('It is one laptop'),
    question: _('Is the laptop of {who} only one, which was repaired?', { who }),
    meaning: _('The laptop that came last goes on with this Journal.'),
    done: _('It goes on by itself.'),
  }),
  welcome: ({ _ }, { who }) => ({
    label: _('Yes, she comes here'),
    question: _('Does {who} come to this school?', { who }),
    meaning: _(
      'Everything that the other school kept of her is here then. Her laptop asks to be let in, with six digits. You can undo this for 30 days.',
    ),
    done: _('Everything that the other school kept of her is here now.'),
  }),
  decline: ({ _ }, { who }) => ({
    label: _('No'),
    question: _('Does {who} not come to this school?', { who }),
    meaning: _('What came of her goes to the trash, for 30 days. The other school keeps it.'),
    done: _('Moved to the trash.'),
  }),
  'move-back': ({ _ }, { who }) => ({
    label: _('She does not come here'),
    question: _('Does {who} not come to this school after all?', { who }),
    meaning: _(
      'Her laptops go to the trash with everything of theirs, for 30 days. The other school keeps what it had.',
    ),
    done: _('Moved to the trash.'),
  }),
  release: ({ _ }, { who }) => ({
    label: _('It was meant'),
    question: _('Is it right that so much is gone from the Journal of {who}?', { who }),
    meaning: _(
      'The backups held aside become ordinary ones. What was stored before stays as well.',
    ),
    done: _('The backups are ordinary ones now.'),
  }),
  'release-many': ({ _, _n }, { laptops }) => ({
    label: _('All of them were meant'),
    question: _n(
      'Is it right that so much is gone from {n} Journal?',
      'Is it right that so much is gone from {n} Journals?',
      laptops,
    ),
    meaning: _(
      'The backups held aside become ordinary ones. What was stored before stays as well.',
    ),
    done: _('The backups are ordinary ones now.'),
  }),
  'hold-again': ({ _ }, { who }) => ({
    label: _('It was not meant'),
    question: _('Hold the backups of {who} aside again?', { who }),
    meaning: _('They wait for a decision again. This is possible until the next backup.'),
    done: _('They are held aside again.'),
  }),
  'hold-again-many': ({ _, _n }, { laptops }) => ({
    label: _('It was not meant'),
    question: _n(
      'Hold the backups of {n} laptop aside again?',
      'Hold the backups of {n} laptops aside again?',
      laptops,
    ),
    meaning: _('They wait for a decision again. This is possible until the next backup.'),
    done: _('They are held aside again.'),
  }),
  'drop-many': ({ _, _n }, { laptops }) => ({
    label: _('Throw all of these away'),
    question: _n(
      'Throw away what was held aside of {n} laptop?',
      'Throw away what was held aside of {n} laptops?',
      laptops,
    ),
    meaning: _(
      'What was held aside goes to the trash and can be brought back for some days. What was stored before stays as it is.',
    ),
    done: _('Moved to the trash.'),
  }),
  'reject-many': ({ _, _n }, { laptops }) => ({
    label: _('Reject all'),
    question: _n(
      'Reject the key that waits for {n} laptop?',
      'Reject the keys that wait for {n} laptops?',
      laptops,
    ),
    meaning: _('These keys open nothing, and do not ask again. The Journal stays as it is.'),
    done: _('Rejected.'),
  }),
  drop: ({ _ }, { who }) => ({
    label: _('Throw these away'),
    question: _('Throw away the backups of {who} that were held aside?', { who }),
    meaning: _(
      'What was held aside goes to the trash and can be brought back for some days. What was stored before stays as it is.',
    ),
    done: _('Moved to the trash.'),
  }),
  pin: ({ _ }, { who, what }) => ({
    label: _('Pin'),
    question: _('Keep {what} of {who} for good?', { what, who }),
    meaning: _('It stays, however old it gets, until it is unpinned.'),
    done: _('Pinned.'),
  }),
  unpin: ({ _ }, { who, what }) => ({
    label: _('Unpin'),
    question: _('Unpin {what} of {who}?', { what, who }),
    meaning: _('It is kept as long as any other, and may be removed when it is old.'),
    done: _('No longer pinned.'),
  }),
  undelete: ({ _ }, { who, what }) => ({
    label: _('Bring back'),
    question: _('Bring {what} of {who} back from the trash?', { what, who }),
    meaning: _('It is pinned then, so that it stays.'),
    done: _('It is back, and stays.'),
  }),
  'class-on': ({ _ }) => ({
    label: _('Switch it on'),
    question: _('Switch the class page on?'),
    meaning: _('Children can then offer things. Their class sees only what you say yes to.'),
    done: _('The class page is on.'),
  }),
  'class-off': ({ _ }) => ({
    label: _('Switch it off'),
    question: _('Switch the class page off?'),
    meaning: _(
      'Nobody sees anything of it then. What is on it is there again when it is on again.',
    ),
    done: _('The class page is off.'),
  }),
  'class-yes': ({ _ }) => ({
    label: _('Yes, show it'),
    question: _('Show this to the class?'),
    meaning: _('Every child of this school can see it and get its file.'),
    done: _('On the class page.'),
  }),
  'class-no': ({ _ }) => ({
    label: _('No'),
    question: _('Not show this to the class?'),
    meaning: _('Nobody sees it on the class page. In the Journal it stays as it is.'),
    done: _('Not on the class page.'),
  }),
  'class-clear': ({ _ }, { who }) => ({
    label: _('Clear'),
    question: _('Take everything of {who} off the class page?', { who }),
    meaning: _('In the Journal it stays as it is, and the child can offer it again.'),
    done: _('Nothing of it is on the class page.'),
  }),
  'moodle-add': ({ _ }, { what }) => ({
    label: _('Let it sign children on'),
    question: _('Does the Moodle {what} belong to this school?', { what }),
    meaning: _(
      'Whoever looks after it could see the Journals of children who use it. If it was added before, each child has to show her laptop again.',
    ),
    done: _('It signs children on from now on.'),
  }),
  'moodle-forget': ({ _ }, { what }) => ({
    label: _('Forget'),
    question: _('Let the Moodle {what} sign nobody on any more?', { what }),
    meaning: _('The Journals stay. If it is added again, each child has to show her laptop again.'),
    done: _('It signs nobody on any more.'),
  }),
  'moodle-end': ({ _ }, { who }) => ({
    label: _('End this'),
    question: _('Let no account of Moodle see the Journal of {who} any more?', { who }),
    meaning: _('She can show her laptop again, and choose her account.'),
    done: _('No account of Moodle sees this Journal any more.'),
  }),
};
