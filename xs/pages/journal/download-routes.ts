/**
 * Downloads: an entry's picture, its content as a file, the whole entry as a bundle. These bytes come
 * from a child's laptop, so a browser must not run, sniff or frame them.
 */
import type { FastifyInstance } from 'fastify';
import { DsError } from '../../../shared/errors.ts';
import { type Entry, propertyText } from '../../../shared/journal/entry.ts';
import { downloadName } from '../../../shared/words/file-name.ts';
import { previewOf } from '../../api/entry-facts.ts';
import { openContent } from '../../takeaway/content.ts';
import { contentDisposition, downloadType } from '../../takeaway/download-name.ts';
import { harmless } from '../guard/harmless.ts';
import { BUNDLE_TYPE, makeBundle } from './entry-bundle.ts';
import type { ReadEntry } from './journal.ts';
import { admit, dayOf, entryOf, type JournalSite, type OnEntry } from './reading.ts';

const ENTRY = '/ds-restore/:reader/:owner/:day/:uid';

/** HEAD would read the whole file and discard it. */
const NO_HEAD = { exposeHeadRoute: false };

export function addDownloads(part: FastifyInstance, site: JournalSite): void {
  const read = (request: OnEntry): ReadEntry => {
    const reading = admit(site, request);
    const day = dayOf(site, reading, request.params);
    return entryOf(site, reading, day, request.params);
  };

  part.get(`${ENTRY}/picture`, async (request: OnEntry, reply) => {
    const { listed, entry } = read(request);
    const picture = entry && previewOf(entry);
    if (!picture) throw new DsError('not-found', 'it has no picture');
    const tag = `"${listed.digest}"`;
    // Cached, but revalidated each time, so that the guard decides each time.
    void reply.header('cache-control', 'private, no-cache').header('etag', tag);
    if (request.headers['if-none-match'] === tag) return reply.status(304).send();
    return harmless(reply).type('image/png').send(picture);
  });

  part.get(`${ENTRY}/file`, NO_HEAD, async (request: OnEntry, reply) => {
    const found = read(request);
    const { entry, title } = whole(found);
    if (!entry.content) throw new DsError('not-found', 'it has no content');
    const type = downloadType(propertyText(entry, 'mime_type'));
    const stream = await openContent(found.contentPath, entry.content);
    note(site, request, found);
    return harmless(reply)
      .header('content-disposition', contentDisposition(downloadName(title, type)))
      .header('content-length', entry.content.size)
      .type(type)
      .send(stream);
  });

  part.get(`${ENTRY}/bundle`, NO_HEAD, async (request: OnEntry, reply) => {
    const found = read(request);
    const { entry, title } = whole(found);
    const { stream, size } = await makeBundle(found.listed.uid, entry, found.contentPath);
    note(site, request, found);
    return harmless(reply)
      .header('content-disposition', contentDisposition(downloadName(title, BUNDLE_TYPE)))
      .header('content-length', size)
      .type(BUNDLE_TYPE)
      .send(stream);
  });
}

function whole({ entry, listed }: ReadEntry): { entry: Entry; title: string } {
  if (!entry) throw new DsError('damaged', `the metadata of ${listed.uid} is damaged`);
  return { entry, title: listed.facts?.title ?? '' };
}

/** Logs which teacher downloaded what. */
function note(
  { guard, library }: JournalSite,
  request: OnEntry,
  { snapshot, listed }: ReadEntry,
): void {
  const visitor = guard.visitor(request);
  if (visitor?.role !== 'teacher') return;
  const { serial, name } = snapshot;
  library.log.info('teacher-read', { name: visitor.name, serial, snapshot: name, uid: listed.uid });
}
