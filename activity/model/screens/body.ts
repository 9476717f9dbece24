/**
 * The types of what is on the screen: five kinds of canvas, their buttons, rows and pictures. Every
 * word is in here already; views only show it.
 */
import type { Words } from '../../../shared/words/words.ts';
import type { XoColor } from '../../sugar/xocolor.ts';
import type { Picture } from '../pictures/drawing.ts';
import type { Sign } from '../pictures/things.ts';
import type { Event } from '../state/event.ts';

/** Where the icon of a button comes from: Sugar's theme, or our own signs. */
export type IconName = { theme: string } | { own: Sign };

export interface ButtonModel {
  icon: IconName;
  /** At most three words. */
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

/** The icon of the activity that an entry belongs to, in the entry's colors. */
export interface EntryIcon {
  activity: string;
  mimeType: string;
  color: string;
}

/** Pictures and a few words, buttons below: status, waiting, "go", progress, result. */
export interface PageBody {
  type: 'page';
  pictures: Picture[];
  title: string;
  text: string;
  /** Large digits, to be read out to the teacher. */
  code: string;
  samples: PreviewRef[];
  buttons: ButtonModel[];
  /** An answer is awaited: something moves. */
  busy?: boolean;
  /** Ends what is running; it stands apart, where no other button ever is. */
  cancel?: ButtonModel;
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
  type: 'list';
  /** Changes when it is another list, which begins at its top. */
  key: string;
  title: string;
  picture: Picture | null;
  count: number;
  row(index: number): Row | null;
  /** Shown instead of rows. */
  empty: PageBody | null;
  buttons: ButtonModel[];
}

export interface PeopleBody {
  type: 'people';
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
  type: 'calendar';
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
  type: 'entry';
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

/** Who looks at the screen: the language and the child's own colors. */
export interface Viewer {
  words: Words;
  color: XoColor;
}
