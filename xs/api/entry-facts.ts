/**
 * What a list shows of one version of an entry, taken from its metadata. A child's laptop wrote all of
 * it: texts are cut and cleaned, numbers and colours validated, invalid values left out.
 */
import * as v from 'valibot';
import { COLORS } from '../../shared/journal/colors.ts';
import { type Entry, propertyText } from '../../shared/journal/entry.ts';
import { isPng, isTooLarge } from '../../shared/journal/preview.ts';
import { oneLine } from '../../shared/one-line.ts';

/** The kinds of entries that have a word and a shape of their own. */
export const KINDS = [
  ...(['picture', 'text', 'sound', 'film', 'web', 'program', 'book', 'archive', 'other'] as const),
] as const;
export type Kind = (typeof KINDS)[number];

export interface EntryFacts {
  title: string;
  kind: Kind;
  mimeType: string;
  /** Bundle id of the activity that made it. */
  activity: string;
  /** Description and tags, for the search. */
  more: string;
  /** Seconds since 1970; 0 where unknown. */
  changed: number;
  begun: number;
  /** Of content, metadata and preview, as the control API counts. */
  bytes: number;
  /** Of the content alone: of what somebody gets who asks for it. */
  contentBytes: number;
  preview: boolean;
  /** `#RRGGBB,#RRGGBB`, outline and filling; empty where it has none. The index keeps it under this name. */
  colours: string;
  hasContent: boolean;
}

const text = v.string();
const count = v.pipe(v.number(), v.minValue(0));
const schema = v.strictObject({
  title: text,
  kind: v.picklist(KINDS),
  mimeType: text,
  activity: text,
  more: text,
  changed: count,
  begun: count,
  bytes: count,
  contentBytes: count,
  preview: v.boolean(),
  colours: text,
  hasContent: v.boolean(),
});

const MAX_TITLE = 200;
const MAX_NAME = 200;
const MAX_MORE = 500;
/** The year 2106: Sugar's timestamps have 32 bits. */
const MAX_SECONDS = 2 ** 32;
const MAX_PREVIEW_BYTES = 512_000;

/** `metadataBytes` is the size of the metadata itself. */
export function factsOf(entry: Entry, metadataBytes: number): EntryFacts {
  const textOf = (name: string, length: number) => oneLine(propertyText(entry, name) ?? '', length);
  const mimeType = textOf('mime_type', MAX_NAME);
  const activity = textOf('activity', MAX_NAME);
  const colors = propertyText(entry, 'icon-color')?.trim() ?? '';
  return {
    title: textOf('title', MAX_TITLE),
    ...{ kind: kindOf(mimeType, activity), mimeType, activity },
    more: `${textOf('description', MAX_MORE)} ${textOf('tags', MAX_MORE)}`.trim(),
    changed: secondsOf(propertyText(entry, 'timestamp') ?? propertyText(entry, 'mtime')),
    begun: secondsOf(propertyText(entry, 'creation_time')),
    bytes: metadataBytes + (entry.content?.size ?? 0),
    contentBytes: entry.content?.size ?? 0,
    preview: previewOf(entry) !== undefined,
    colours: COLORS.test(colors) ? colors : '',
    hasContent: entry.content !== null,
  };
}

/** The preview of an entry, if it is a PNG that anybody's screen can be asked to draw. */
export function previewOf(entry: Entry): Buffer | undefined {
  const bytes = storedPreviewOf(entry);
  return bytes && !isTooLarge(bytes) ? bytes : undefined;
}

/** For a copy, not for a screen: the preview, if it has a PNG signature and is no larger than Sugar accepts. */
export function storedPreviewOf(entry: Entry): Buffer | undefined {
  const bytes = entry.properties.get('preview');
  const fits = bytes && bytes.length <= MAX_PREVIEW_BYTES && isPng(bytes);
  return fits ? bytes : undefined;
}

/** As kept in the index. */
export function packFacts(facts: EntryFacts): string {
  return JSON.stringify(facts);
}

/** Undefined for facts that another version of the program stored: they are extracted again. */
export function unpackFacts(packed: string): EntryFacts | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(packed));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

function secondsOf(value: string | undefined): number {
  const seconds = Math.floor(Number(value || Number.NaN));
  return seconds > 0 && seconds < MAX_SECONDS ? seconds : 0;
}

const BY_TYPE: readonly (readonly [RegExp, Kind])[] = [
  [/^image\//, 'picture'],
  [/^audio\//, 'sound'],
  [/^video\/|^application\/ogg$/, 'film'],
  [/^text\/(html|uri-list)|^application\/xhtml/, 'web'],
  [/pdf$|epub|djvu/, 'book'],
  [/^text\/x-|python|javascript|turtleart|squeak|scratch|logo/, 'program'],
  [/^text\/|opendocument|rtf$|msword|officedocument|abiword/, 'text'],
  [/zip|x-tar|x-gzip|vnd\.olpc-/, 'archive'],
];
const BY_ACTIVITY: readonly (readonly [RegExp, Kind])[] = [
  [/paint|colors|camera/i, 'picture'],
  [/record/i, 'film'],
  [/web|browse/i, 'web'],
  [/write|abiword|chat/i, 'text'],
  [/tamtam|sound|music/i, 'sound'],
  [/turtle|pippy|etoys|scratch|logo/i, 'program'],
  [/read/i, 'book'],
];

function kindOf(mimeType: string, activity: string): Kind {
  const first = (rules: typeof BY_TYPE, value: string) =>
    rules.find(([pattern]) => pattern.test(value))?.[1];
  return first(BY_TYPE, mimeType.toLowerCase()) ?? first(BY_ACTIVITY, activity) ?? 'other';
}
