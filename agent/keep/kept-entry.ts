/**
 * An entry on its way to school and back, step by step: pure. Whatever is cut off, the mark and the
 * content tell what was going on, so the mark comes before the content goes, and goes after it came.
 */
import { type Content, digestOf, type Entry } from '../../shared/journal/entry.ts';
import {
  formatKeptMark,
  KEPT_PROPERTY,
  type KeptMark,
  readMark,
} from '../../shared/journal/kept.ts';

export type Stand =
  | { is: 'ordinary' }
  /** The content is only at school. */
  | { is: 'away'; mark: KeptMark }
  /** The marked content is here: it is about to go, or has just come back. */
  | { is: 'here'; mark: KeptMark }
  /** Something else was written into an entry whose content was away. */
  | { is: 'overwritten'; mark: KeptMark };

const NOTHING: Content = { digest: digestOf(''), size: 0 };

export function standOf(entry: Entry): Stand {
  const mark = readMark(entry);
  if (!mark) return { is: 'ordinary' };
  if (!entry.content || entry.content.size === 0) return { is: 'away', mark };
  return { is: entry.content.digest === mark.content ? 'here' : 'overwritten', mark };
}

/** The first step away: it is said, and nothing is gone. */
export function announced(entry: Entry, mark: KeptMark): Entry {
  return withText(entry, KEPT_PROPERTY, formatKeptMark(mark));
}

/** The second: in the Journal it says where it is. */
export function dropped(entry: Entry, mark: KeptMark): Entry {
  return { ...withText(entry, 'title', mark.shown), content: NOTHING };
}

/** The first step back: the content is here, which makes the mark an empty word. */
export function filled(entry: Entry, mark: KeptMark, content: Content | null): Entry {
  return { ...ownTitle(entry, mark), content };
}

/** The second: an entry as any other. */
export function unmarked(entry: Entry): Entry {
  const mark = readMark(entry);
  const { content, properties } = mark ? ownTitle(entry, mark) : entry;
  const left = new Map(properties);
  left.delete(KEPT_PROPERTY);
  return { content, properties: left };
}

/** A title that the child gave it meanwhile stays. */
function ownTitle(entry: Entry, mark: KeptMark): Entry {
  const isOurs = entry.properties.get('title')?.toString() === mark.shown;
  return isOurs ? withText(entry, 'title', mark.title) : entry;
}

function withText({ content, properties }: Entry, name: string, text: string): Entry {
  return { content, properties: new Map(properties).set(name, Buffer.from(text)) };
}
