/** The messages that an alert can show, each with its icon. */
import type { News } from '../../state/state.ts';

/** Marks a text for the catalogues; it is translated when it is shown. */
const _ = (text: string): string => text;

/** The icon and the words of each message. */
export const NEWS: Readonly<Record<News, readonly [icon: string, text: string]>> = {
  'on-its-way': ['emblem-busy', _('It is on its way.')],
  'came-back': ['dialog-ok', _('It is at the top of your Journal.')],
  'came-beside': ['dialog-ok', _('It is at the top of your Journal, beside the newer one.')],
  'here-already': ['dialog-ok', _('It is in your Journal already.')],
  'only-at-school': ['emblem-warning', _('It is kept at school only. Fetch it back first.')],
  'plug-in': ['emblem-warning', _('Plug me in')],
  'ask-teacher': ['emblem-warning', _('Ask your teacher')],
  'school-full': ['emblem-warning', _('The school is full')],
  'school-busy': ['emblem-warning', _('The school is busy')],
  'school-trouble': ['emblem-warning', _('Something at school does not work')],
  'which-school': ['emblem-warning', _('Is this your school?')],
  trouble: ['emblem-warning', _('It did not work: show this to your teacher')],
  pinned: ['dialog-ok', _('Pinned: the school keeps it.')],
  'pinned-later': ['emblem-busy', _('It is pinned as soon as you are at school.')],
  'unpinned-later': ['emblem-busy', _('It is unpinned as soon as you are at school.')],
  'pins-full': ['emblem-warning', _('The jar is full. Take out the oldest pin?')],
  kept: ['dialog-ok', _('Its content is kept at school now.')],
  fetched: ['dialog-ok', _('It is whole again.')],
  'in-journal': ['dialog-ok', _('It is in your Journal: look at the bottom there.')],
  'partly-in-journal': [
    'dialog-ok',
    _('It is in your Journal: look at the bottom there. Some things are only here.'),
  ],
  offered: ['emblem-busy', _('Your teacher looks at it first.')],
  'not-offered': [
    'emblem-warning',
    _('What was for your class did not reach your teacher. Try again.'),
  ],
  'taken-back': ['dialog-ok', _('Your class does not see it any more.')],
  'server-away': ['emblem-warning', _('The school does not answer')],
  'laptop-full': ['emblem-warning', _('This laptop is full')],
  'not-now': ['emblem-warning', _('Something else is at work')],
  'not-yet': ['emblem-warning', _('It did not work yet')],
};
