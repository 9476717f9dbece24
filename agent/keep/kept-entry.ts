/**
 * The states of an entry whose content goes to the school and comes back, and the steps between them:
 * pure. The mark is written before the content goes and removed after it came back, so that mark and
 * content together tell where an interrupted run stopped.
 */
import { type Content, digestOf, type Entry } from '../../shared/journal/entry.ts';
import {
  formatKeptMark,
  KEPT_PROPERTY,
  type KeptMark,
  readMark,
} from '../../shared/journal/kept.ts';

export type KeptState =
  /** No mark. */
  | { type: 'ordinary' }
  /** The content is only at school. */
  | { type: 'away'; mark: KeptMark }
  /** The marked content is here: it is about to go, or has just come back. */
  | { type: 'here'; mark: KeptMark }
  /** Something else was written into an entry whose content was away. */
  | { type: 'overwritten'; mark: KeptMark };

const NOTHING: Content = { digest: digestOf(''), size: 0 };

export function keptStateOf(entry: Entry): KeptState {
  const mark = readMark(entry);
  if (!mark) return { type: 'ordinary' };
  if (!entry.content || entry.content.size === 0 || isCutCopy(entry, mark)) {
    return { type: 'away', mark };
  }
  return { type: entry.content.digest === mark.content ? 'here' : 'overwritten', mark };
}

/**
 * A copy from a day shown in the Journal that broke off: the datastore notes the size of what it is going to
 * copy before it begins. Whoever writes something else notes another one.
 */
function isCutCopy({ content, properties }: Entry, { snapshot, bytes }: KeptMark): boolean {
  if (snapshot === undefined || !content || content.size >= bytes) return false;
  return properties.get('filesize')?.toString() === String(bytes);
}

/** First step of keeping: the mark is set, and nothing is gone. */
export function marked(entry: Entry, mark: KeptMark): Entry {
  return withText(entry, KEPT_PROPERTY, formatKeptMark(mark));
}

/** Second step of keeping: without content; the title shown in the Journal says where it is. */
export function emptied(entry: Entry, mark: KeptMark): Entry {
  return { ...withText(entry, 'title', mark.shown), content: NOTHING };
}

/** First step of fetching: the content is here, and the mark has no effect any more. */
export function refilled(entry: Entry, mark: KeptMark, content: Content | null): Entry {
  return { ...withOwnTitle(entry, mark), content };
}

/** Second step of fetching: an ordinary entry. */
export function unmarked(entry: Entry): Entry {
  const mark = readMark(entry);
  const { content, properties } = mark ? withOwnTitle(entry, mark) : entry;
  const left = new Map(properties);
  left.delete(KEPT_PROPERTY);
  // What Sugar adds to a copy: where it was copied to.
  if (mark?.snapshot !== undefined) left.delete('mountpoint');
  return { content, properties: left };
}

/** A title that the child changed in the meantime stays. */
function withOwnTitle(entry: Entry, mark: KeptMark): Entry {
  const isOurs = entry.properties.get('title')?.toString() === mark.shown;
  return isOurs ? withText(entry, 'title', mark.title) : entry;
}

function withText({ content, properties }: Entry, name: string, text: string): Entry {
  return { content, properties: new Map(properties).set(name, Buffer.from(text)) };
}
