/**
 * The archive of a takeaway as a stream (PROTOCOL.md, "A takeaway"): uncompressed, with
 * ZIP64 where a file or the whole is larger than 4 GiB. Every digest is compared again on the way: what became
 * damaged since it was read breaks the stream off, so that no archive is complete and wrong.
 */
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { decodeEntry } from '../../shared/journal/entry.ts';
import { asTakeaway, TAKEAWAY } from '../../shared/journal/takeaway.ts';
import type { Words } from '../../shared/words/words.ts';
import { previewOf } from '../api/entry-facts.ts';
import { damageOf, readChecked } from '../storage/checked-entry.ts';
import { openContent } from './content.ts';
import { indexPage } from './index-page.tsx';
import type { Thing, Things } from './things.ts';
import { endZip, type ZipStream } from './zip-stream.ts';

export interface ArchiveOptions {
  serial: Serial;
  nick: string;
  words: Words;
  language: string;
  made: Date;
}

/**
 * yazl counts the end for ZIP64 into the size of every archive whose list has 64 KiB or more, whether it writes
 * one or not: from so many things on, far below that, it does.
 */
const LONG_LIST = 60;

/** Everything in it has the time at which it was made, but for a thing, which has its own. */
export async function packThings(
  { things, leftOut }: Pick<Things, 'things' | 'leftOut'>,
  { serial, nick, words, language, made }: ArchiveOptions,
): Promise<ZipStream> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  // All sizes are known beforehand then.
  const options = { mtime: made, compress: false };
  const name = nick || serial;
  const facts = { nick: name, language, made: Math.floor(made.getTime() / 1000) };
  const page = indexPage(words, { ...facts, leftOut: leftOut.length }, things, pictureName);
  zip.addBuffer(Buffer.from(page), 'index.html', options);
  const head = { serial, nick, made: made.toISOString(), entries: things.length, leftOut };
  zip.addBuffer(Buffer.from(asTakeaway(head)), TAKEAWAY.head, options);
  const lines = things.map(({ uid, digest, place, title, file }) => {
    return `${JSON.stringify({ uid, digest, place, file: file === '' ? null : file, title })}\n`;
  });
  zip.addBuffer(Buffer.from(lines.join('')), TAKEAWAY.entries, options);
  let current: Readable | undefined;
  output.once('close', () => void current?.destroy()); // nobody reads on
  const add: Add = (name, size, mtime, open) => {
    zip.addReadStreamLazy(name, { size, mtime, compress: false }, (give) => {
      open().then(
        (stream) => {
          current = stream;
          stream.once('error', (error) => output.destroy(error));
          give(null, stream);
        },
        (error: Error) => output.destroy(error),
      );
    });
  };
  for (const thing of things) addThing(add, thing, made);
  return await endZip(zip, things.length > LONG_LIST);
}

/** Adds a file; `open` is called when its turn has come. */
type Add = (name: string, size: number, mtime: Date, open: () => Promise<Readable>) => void;

function addThing(add: Add, thing: Thing, made: Date): void {
  const { content, digest, metadataBytes, pictureBytes } = thing;
  add(TAKEAWAY.metadata(digest), metadataBytes, made, async () => bytes(readMetadata(thing)));
  if (pictureBytes > 0) {
    add(pictureName(thing), pictureBytes, made, async () => {
      return bytes(previewOf(decodeEntry(readMetadata(thing))) ?? Buffer.alloc(0));
    });
  }
  if (!content) return;
  const changed = thing.changed > 0 ? new Date(thing.changed * 1000) : made;
  add(thing.file, content.size, changed, () => openContent(content.path, content));
}

function bytes(buffer: Buffer): Readable {
  return Readable.from([buffer], { objectMode: false });
}

function readMetadata({ metadata, digest }: Thing): Buffer {
  const reading = readChecked(metadata, digest);
  if (reading.type === 'whole') return reading.bytes;
  const { message, cause } = damageOf(metadata, reading);
  throw new DsError('damaged', message, { cause });
}

function pictureName({ digest, pictureBytes }: Thing): string {
  return pictureBytes > 0 ? `pictures/${digest}.png` : '';
}
