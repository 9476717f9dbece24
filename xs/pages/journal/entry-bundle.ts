/**
 * An entry as a Journal entry bundle (`.xoj`), from which Sugar's Journal restores an entry with all its
 * properties and its picture: `<uid>/<uid>`, `<uid>/_metadata.json`, `<uid>/preview/<uid>`.
 */
import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { Uid } from '../../../shared/ids.ts';
import { type Entry, propertyText } from '../../../shared/journal/entry.ts';
import { storedPreviewOf } from '../../api/entry-facts.ts';
import { openContent } from '../../takeaway/content.ts';
import { endZip, type ZipStream } from '../../takeaway/zip-stream.ts';

export const BUNDLE_TYPE = 'application/vnd.olpc-journal-entry';

/** Set by the importing Journal, or not text. */
const LEFT_OUT = ['uid', 'preview', 'checksum', 'filesize', 'mountpoint'];

/** Throws `damaged`. An entry without content has an empty file: the Journal wants one. */
export async function makeBundle(uid: Uid, entry: Entry, contentPath: string): Promise<ZipStream> {
  const zip = new ZipFile();
  const options = { compress: false, mtime: new Date(2010, 0, 1) };
  const metadata = Buffer.from(JSON.stringify(textsOf(entry)));
  // Sugar's importer fails on a bundle without one.
  const preview = storedPreviewOf(entry) ?? Buffer.alloc(0);
  // The Journal takes the folder's name from the first entry of the archive.
  zip.addBuffer(metadata, `${uid}/_metadata.json`, options);
  zip.addBuffer(preview, `${uid}/preview/${uid}`, options);
  if (entry.content) {
    const content = await openContent(contentPath, entry.content);
    content.once('error', (error) => (zip.outputStream as Readable).destroy(error));
    zip.addReadStream(content, `${uid}/${uid}`, { ...options, size: entry.content.size });
  } else {
    zip.addBuffer(Buffer.alloc(0), `${uid}/${uid}`, options);
  }
  return await endZip(zip, false);
}

function textsOf(entry: Entry): Record<string, string> {
  const names = [...entry.properties.keys()].filter((name) => !LEFT_OUT.includes(name));
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = propertyText(entry, name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}
