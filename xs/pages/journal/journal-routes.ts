/**
 * The pages of a Journal: its days, what they hold, one entry. Each address begins with whose Journal
 * it is, and the guard decides on that before anything is read.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DsError } from '../../../shared/errors.ts';
import {
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  tryParse,
} from '../../../shared/ids.ts';
import { propertyText } from '../../../shared/journal/entry.ts';
import { isOn } from '../../class-page/switch.ts';
import type { Binding } from '../../moodle/records.ts';
import type { Page } from '../frame/frame.tsx';
import { allPath, dayPath } from '../frame/paths.ts';
import type { Site } from '../guard/site-context.ts';
import { DaysPage } from './days-page.tsx';
import { addDownloads } from './download-routes.ts';
import { EntriesPage, type EntriesProps } from './entries-page.tsx';
import { EntryPage } from './entry-page.tsx';
import { findEntries, readSearch } from './entry-search.ts';
import type { Journals, Owner, ShownEntry, ShownSnapshot, Version } from './journal.ts';
import type { JournalOf } from './journal-frame.tsx';
import {
  admit,
  dayOf,
  entryOf,
  type JournalSite,
  type OnDay,
  type OnEntry,
  type Reading,
} from './reading.ts';
import { downloadsIntoJournal } from './sugar-browser.ts';
import { TeacherReads } from './teacher-reads.ts';

/** Whether it is a page of a Journal, but for the slash at its end: nothing else is sent on. */
function isJournalPath(path: string): boolean {
  const [top, reader, ...rest] = path.split('/').slice(1);
  if (top !== 'ds-restore' || !tryParse(parseSerial, reader)) return false;
  if (rest.length < 2) return rest.every((one) => one === 'all');
  const [owner, day, uid] = rest;
  const isDay = tryParse(parseSerial, owner) && tryParse(parseSnapshotName, day);
  return Boolean(isDay && (uid === undefined || tryParse(parseUid, uid)));
}

export function addJournalPages(part: FastifyInstance, site: Site, journals: Journals): void {
  const journalSite: JournalSite = { ...site, journals, reads: new TeacherReads(site.library) };
  const now = () => Math.floor(site.library.clock.now().getTime() / 1000);

  addShortPaths(part);

  part.get<{ Params: { reader: string } }>('/ds-restore/:reader/', async (request, reply) => {
    const { reader, owners } = admit(journalSite, request);
    const days = journals.snapshotsOf(owners);
    // Whoever looks at the days may soon search in all of them.
    void journals.all(days).catch((error: Error) => {
      site.library.log.warn('journal-not-read', { reader, reason: error.message });
    });
    const page = site.page(request, reply);
    const accounts = accountsOf(site, page, reader);
    const classPage = isOn(site.library.paths);
    const shown = { page, reader, owners, days, accounts, now: now(), classPage };
    return site.send(reply, DaysPage(shown));
  });

  part.get<{ Params: { reader: string } }>('/ds-restore/:reader/all/', async (request, reply) => {
    const { reader, owners } = admit(journalSite, request);
    const page = site.page(request, reply);
    const all = await journals.all(journals.snapshotsOf(owners));
    const title = page.who?.teacher ? page.words._('All things') : page.words._('All my things');
    const entries = all.map((one) => ({ ...one, facts: one.listed.facts }));
    const listed = { all: entries, title, path: allPath(reader), now: now() };
    return sendList(journalSite, request, reply, { page, reader, owners }, listed);
  });

  part.get('/ds-restore/:reader/:owner/:day/', async (request: OnDay, reply) => {
    const reading = admit(journalSite, request);
    const day = dayOf(journalSite, reading, request.params);
    const page = site.page(request, reply);
    const all = await journals.listNamed(day, journals.snapshotsOf(reading.owners));
    const path = dayPath(reading.reader, day);
    const listed = { all, title: nameOf(page, day), path, now: now() };
    return sendList(journalSite, request, reply, { page, ...reading }, listed);
  });

  addEntryPage(part, journalSite);
  addDownloads(part, journalSite);
}

function addEntryPage(part: FastifyInstance, site: JournalSite): void {
  const { journals } = site;
  part.get('/ds-restore/:reader/:owner/:day/:uid/', async (request: OnEntry, reply) => {
    const { reader, owners } = admit(site, request);
    const day = dayOf(site, { reader, owners }, request.params);
    const { listed, entry } = entryOf(site, { reader, owners }, day, request.params);
    const page = site.page(request, reply);
    const text = (name: string) => ((entry && propertyText(entry, name)) ?? '').slice(0, 5000);
    const shown: Version = { ...day, listed };
    const versions = journals.versions(journals.snapshotsOf(owners), listed.uid);
    const node = EntryPage({
      damage: journals.isDamaged(shown) ? { whole: versions.find(journals.isWhole) } : null,
      ...{ page, of: journalOf(reader, owners), dayTitle: nameOf(page, day), day, shown, versions },
      ...{ description: text('description'), tags: text('tags') },
      pinned: journals.pinned(owners).has(listed.digest),
      intoJournal:
        page.who?.teacher !== true && downloadsIntoJournal(request.headers['user-agent']),
    });
    return site.send(reply, node);
  });
}

/** Without the slash at the end, as the pages of the original, and people, write them. */
function addShortPaths(part: FastifyInstance): void {
  for (const place of [
    ':reader',
    ':reader/all',
    ':reader/:owner/:day',
    ':reader/:owner/:day/:uid',
  ]) {
    part.get(`/ds-restore/${place}`, async (request, reply) => {
      const [path = '', query] = request.url.split('?');
      if (!isJournalPath(path)) throw new DsError('not-found', 'there is no such page');
      return reply.redirect(`${path}/${query === undefined ? '' : `?${query}`}`, 303);
    });
  }
}

/** For the child, who may end them. */
function accountsOf({ library }: Site, { who }: Page, reader: Serial): readonly Binding[] {
  return library.config.moodle.enabled && !who?.teacher ? library.moodle.bindings(reader) : [];
}

function journalOf(reader: Serial, owners: readonly Owner[]): JournalOf {
  return { reader, name: owners[0]?.nick || reader };
}

function nameOf({ words }: Page, { created }: ShownSnapshot): string {
  return `${words.date(created)}, ${words.clock(created)}`;
}

interface List extends Pick<EntriesProps, 'title' | 'path' | 'now'> {
  all: readonly ShownEntry[];
}

function sendList(
  site: JournalSite,
  request: FastifyRequest,
  reply: FastifyReply,
  { page, reader, owners }: Reading & { page: Page },
  { all, ...list }: List,
): FastifyReply {
  const search = readSearch(request.query as Record<string, unknown>);
  const found = findEntries(site.journals.damagedFirst(all), search);
  const damaged = new Set(found.shown.filter((one) => site.journals.isDamaged(one)));
  const of = journalOf(reader, owners);
  const pinned = site.journals.pinned(owners);
  return site.send(reply, EntriesPage({ page, of, search, found, damaged, pinned, ...list }));
}
