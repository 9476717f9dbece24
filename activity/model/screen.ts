/**
 * What is on the screen, whole: every word, picture and button, and what a press means. Views only
 * put it there. There are five kinds of canvas; `screenOf` chooses and fills one.
 */

import type { Words } from '../../shared/words/words.ts';
import type { XoColours } from './colours.ts';
import { entryBody } from './entry.ts';
import { type AlertModel, alertOf, type ToolbarModel, teacherLines, toolbarOf } from './frame.ts';
import { daysBody, entriesBody, pinsBody } from './lists.ts';
import type { Event } from './next.ts';
import type { Picture } from './pictures/drawing.ts';
import type { Sign } from './pictures/things.ts';
import { goBody, restoringBody, whenBody, whoseBody } from './restore.ts';
import type { State } from './state.ts';
import { statusBody } from './status.ts';

/** Where the icon of a button comes from: Sugar's theme, or our own signs. */
export type IconName = { theme: string } | { own: Sign };

export interface ButtonModel {
  icon: IconName;
  /** At most three words (rule 11). */
  label: string;
  event: Event;
  /** The one that Enter presses. */
  main?: boolean;
  sensitive?: boolean;
}

/** The picture that a Journal entry has of itself. */
export interface PreviewRef {
  of: string;
  snapshot: string;
  uid: string;
}

/** The icon of the activity that an entry belongs to, in the entry's colours. */
export interface EntryIcon {
  activity: string;
  mimeType: string;
  color: string;
}

/** Pictures and a few words, buttons below: status, waiting, "go", progress, result. */
export interface PageBody {
  kind: 'page';
  pictures: Picture[];
  title: string;
  text: string;
  /** Large digits, to be read out to the teacher. */
  code: string;
  samples: PreviewRef[];
  buttons: ButtonModel[];
}

export interface Row {
  key: string;
  icon: EntryIcon | Picture;
  title: string;
  note: string;
  when: string;
  preview: PreviewRef | null;
  marks: { sign: Sign; name: string }[];
  buttons: ButtonModel[];
  open: Event | null;
}

/** Rows like the Journal's. Only those asked for are made. */
export interface ListBody {
  kind: 'list';
  /** Changes when it is another list, which begins at its top. */
  key: string;
  title: string;
  picture: Picture | null;
  count: number;
  row(index: number): Row | null;
  /** Said instead of rows. */
  empty: PageBody | null;
  buttons: ButtonModel[];
}

export interface PeopleBody {
  kind: 'people';
  title: string;
  people: { key: string; picture: Picture; name: string; note: string; event: Event }[];
  empty: PageBody | null;
}

export interface CalendarDay {
  day: number;
  label: string;
  /** The snapshot of that day; null where there is none. */
  event: Event | null;
  chosen: boolean;
  name: string;
}

export interface CalendarBody {
  kind: 'calendar';
  title: string;
  month: string;
  weekdays: string[];
  weeks: (CalendarDay | null)[][];
  earlier: ButtonModel;
  later: ButtonModel;
  chosen: { title: string; text: string } | null;
  buttons: ButtonModel[];
  empty: PageBody | null;
}

export interface EntryBody {
  kind: 'entry';
  icon: EntryIcon;
  title: string;
  facts: string[];
  description: string;
  preview: PreviewRef | null;
  buttons: ButtonModel[];
  versionsTitle: string;
  versions: Row[];
  empty: PageBody | null;
}

export type Body = PageBody | ListBody | PeopleBody | CalendarBody | EntryBody;

export interface Screen {
  /** Changes when the child is somewhere else: the keyboard goes there. */
  place: string;
  toolbar: ToolbarModel;
  alert: AlertModel | null;
  /** For the teacher's palette: names and values. */
  teacher: [name: string, value: string][];
  body: Body;
}

/** What the pure part has to know of the one who looks at it. */
export interface Viewer {
  words: Words;
  colours: XoColours;
}

export function screenOf(state: State, viewer: Viewer): Screen {
  return {
    place: JSON.stringify({ ...state.place, search: '', month: 0, chosen: '' }),
    toolbar: toolbarOf(state, viewer),
    alert: alertOf(state, viewer),
    teacher: teacherLines(state, viewer),
    body: bodyOf(state, viewer),
  };
}

function bodyOf(state: State, viewer: Viewer): Body {
  const { place } = state;
  switch (place.at) {
    case 'status':
      return statusBody(state, viewer);
    case 'days':
      return daysBody(state, place, viewer);
    case 'entries':
      return entriesBody(state, place, viewer);
    case 'entry':
      return entryBody(state, place, viewer);
    case 'pins':
      return pinsBody(state, viewer);
    case 'whose':
      return whoseBody(state, viewer);
    case 'when':
      return whenBody(state, place, viewer);
    case 'go':
      return goBody(state, place, viewer);
    case 'restoring':
      return restoringBody(state, place, viewer);
    default:
      return place satisfies never;
  }
}
