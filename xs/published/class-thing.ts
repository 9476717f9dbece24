/**
 * What the class sees of an offer: title, kind, date, picture and file of exactly the offered version, and the
 * name and colours that the teacher saw. Nothing else of the entry leaves this file: no serial number, uid,
 * tags, description or comments. A child's laptop wrote all of it.
 */
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Digest } from '../../shared/ids.ts';
import { digestOf, type Entry, propertyText } from '../../shared/journal/entry.ts';
import { oneLine } from '../../shared/one-line.ts';
import { downloadName } from '../../shared/words/file-name.ts';
import { factsOf, type Kind, previewOf } from '../api/entry-facts.ts';
import { readVersion } from '../api/read-entries.ts';
import { Turns } from '../api/turns.ts';
import type { SchoolOffer } from '../class-page/offers.ts';
import { inEntry, inLaptop, type Paths } from '../storage/paths.ts';
import { openContent } from '../takeaway/content.ts';
import { downloadType } from '../takeaway/download-name.ts';
import { cleanPicture, joinPieces, type Piece, sizeOfPieces } from './clean-picture.ts';

export interface ClassThing {
  id: string;
  title: string;
  kind: Kind;
  /** Seconds since 1970; 0 where unknown. */
  changed: number;
  nick: string;
  /** `#RRGGBB,#RRGGBB`, or null where unknown. */
  colors: string | null;
  hasPicture: boolean;
  hasFile: boolean;
}

/** Null where it is damaged. */
export function readThing(paths: Paths, offer: SchoolOffer): ClassThing | null {
  const entry = readOffered(paths, offer);
  if (!entry) return null;
  const { title, kind, changed, hasContent } = factsOf(entry, 0);
  return {
    ...{ id: offer.id, title, kind, changed, hasFile: hasContent },
    nick: oneLine(offer.nick, MAX_NICK),
    colors: offer.colours,
    hasPicture: pictureIn(entry) !== undefined,
  };
}

const MAX_NICK = 100;

/** The picture of how it looked, as a PNG without anything beside it. */
export function pictureOf(paths: Paths, offer: SchoolOffer): Buffer | undefined {
  const entry = readOffered(paths, offer);
  return entry ? pictureIn(entry) : undefined;
}

function pictureIn(entry: Entry): Buffer | undefined {
  const preview = previewOf(entry);
  if (!preview) return undefined;
  const found = cleanPicture(preview, 'image/png');
  return found.type === 'clean' ? joinPieces(preview, found.pieces) : undefined;
}

export interface ClassFile {
  type: string;
  name: string;
  size: number;
  /** A picture, without what was written beside it; else it is given as it is. */
  cleaned: boolean;
  open(): Promise<Readable>;
}

/** Larger pictures are not cleaned, and not given, in bytes. */
const MAX_PICTURE = 24 * 1024 * 1024;
/** How many pictures' parts are remembered: a class looks at the same ones. */
const MAX_KNOWN = 200;

/** The files behind the things. Pictures are cleaned one at a time. */
export class ClassFiles {
  readonly #paths: Paths;
  readonly #turns = new Turns();
  readonly #known = new Map<Digest, Cleaned>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /**
   * Null for a thing without content, `unclean` for a picture that cannot be cleaned and is not given. Throws
   * `damaged`, and `server-busy` when too many ask at once.
   */
  async find(offer: SchoolOffer): Promise<ClassFile | 'unclean' | null> {
    const entry = readOffered(this.#paths, offer);
    if (!entry) throw new DsError('damaged', 'the metadata is damaged');
    const { content } = entry;
    if (!content) return null;
    const path = inEntry(folderOf(this.#paths, offer), offer.uid).content;
    const declared = downloadType(propertyText(entry, 'mime_type'));
    const { title } = factsOf(entry, 0);
    const isPicture = cleanPicture(await headOf(path), declared).type !== 'other';
    if (!isPicture) {
      const given = { type: declared, name: downloadName(title, declared), cleaned: false };
      return { ...given, size: content.size, open: () => openContent(path, content) };
    }
    if (content.size > MAX_PICTURE) return 'unclean';
    const cleaned =
      this.#known.get(content.digest) ??
      (await this.#turns.take(() => this.#clean(path, content.digest, declared)));
    if (cleaned === 'unclean') return cleaned;
    const { type, pieces } = cleaned;
    return {
      ...{ type, name: downloadName(title, type), size: sizeOfPieces(pieces), cleaned: true },
      open: async () => Readable.from(readPieces(path, pieces), { objectMode: false }),
    };
  }

  async #clean(path: string, digest: Digest, declared: string): Promise<Cleaned> {
    const file = await readFile(path).catch(damagedIfGone);
    if (digestOf(file) !== digest) throw new DsError('damaged', 'the content is damaged');
    const found = cleanPicture(file, declared);
    const cleaned: Cleaned =
      found.type === 'clean' ? { type: found.mimeType, pieces: found.pieces } : 'unclean';
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MAX_KNOWN) this.#known.delete(oldest);
    this.#known.set(digest, cleaned);
    return cleaned;
  }
}

type Cleaned = { type: string; pieces: readonly Piece[] } | 'unclean';

async function* readPieces(path: string, pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if ('bytes' in piece) yield piece.bytes;
    else yield* createReadStream(path, { start: piece.from, end: piece.to - 1 });
  }
}

const HEAD_BYTES = 64;

/** The first bytes of a file. Throws `damaged` where there is none. */
async function headOf(path: string): Promise<Buffer> {
  await using file = await open(path).catch(damagedIfGone);
  const head = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
  return head.subarray(0, bytesRead);
}

function damagedIfGone(cause: unknown): never {
  if (!isErrno(cause, 'ENOENT', 'EIO')) throw cause;
  throw new DsError('damaged', 'the content is damaged', { cause });
}

function folderOf(paths: Paths, { serial, uid, digest }: SchoolOffer): string {
  return inLaptop(paths, serial).pin(uid, digest);
}

function readOffered(paths: Paths, offer: SchoolOffer): Entry | null {
  return readVersion(folderOf(paths, offer), offer.uid, offer.digest).entry;
}
