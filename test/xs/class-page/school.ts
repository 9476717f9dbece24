/**
 * A library with two children who have a backup each, and the control API as their laptops reach it.
 */
import type { Serial, Uid } from '../../../shared/ids.ts';
import { createApp } from '../../../xs/api/app.ts';
import { addClassRoutes } from '../../../xs/api/class-page.ts';
import { addEntryRoutes } from '../../../xs/api/entries.ts';
import { addPinRoutes } from '../../../xs/api/pins.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { backUp, confirm, ed25519, type JournalEntry, SERIAL, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf, type WholeLibrary } from '../whole.ts';

export const JIM = serialOf(7);
export const FISH = uidOf(1);
export const BOAT = uidOf(2);

export interface Told {
  status: number;
  body: {
    code?: string;
    message?: string;
    classPage?: string;
    offers?: { uid: string; state: string }[];
  };
}

export interface ClassSchool extends WholeLibrary {
  /** Asks as this child's laptop. */
  ask(serial: Serial, method: 'GET' | 'PUT' | 'DELETE', path: string, body?: object): Promise<Told>;
  /** Offers what the newest snapshot has. */
  offer(serial: Serial, uid: Uid): Promise<Told>;
  takeBack(serial: Serial, uid: Uid): Promise<Told>;
  /** What the details of an entry in the newest snapshot say of the class page. */
  standing(serial: Serial, uid: Uid): Promise<string | undefined>;
  /** What `class-page` lists. */
  listed(): Promise<{
    on: boolean;
    offers: { id: string; serial: string; uid: string; title: string; state: string }[];
    damaged: string[];
  }>;
  /** Says yes or no to the only offer of this entry. */
  say(word: 'yes' | 'no', uid: Uid): Promise<string>;
}

/** Each child has what is given, or a fish and a boat. The class page is on. */
export async function openClass(
  journal: Record<Uid, JournalEntry> = {
    [FISH]: { title: 'The fish', content: 'drawn for an hour' },
    [BOAT]: { title: 'The boat', content: 'of wood' },
  },
  options: Parameters<typeof openWhole>[1] & { settings?: string } = {},
): Promise<ClassSchool> {
  const whole = await openWhole(options.settings ?? '', options);
  const { library, command } = whole;
  library.registrations.register(JIM, 'Jim', 'u', dsaKey(7));
  confirm(library.registrations, SERIAL, ed25519(1));
  confirm(library.registrations, JIM, ed25519(7));
  for (const serial of [SERIAL, JIM]) {
    await backUp(whole, new Map(Object.entries(journal) as [Uid, JournalEntry][]), serial);
  }
  await command('class-page', ['on']);
  const app = createApp(library.log, 64 * 1024, 0);
  let asking: Serial = SERIAL;
  addClassRoutes(app, library, () => asking);
  addPinRoutes(app, library, () => asking);
  addEntryRoutes(app, library, { laptopOf: () => asking, ownerOf: () => asking });
  const ask: ClassSchool['ask'] = async (serial, method, path, body) => {
    asking = serial;
    const got = await app.inject({ method, url: path, ...(body && { payload: body }) });
    return { status: got.statusCode, body: got.body === '' ? {} : got.json() };
  };
  const listed: ClassSchool['listed'] = async () =>
    JSON.parse(await command('class-page', [], { json: true }));
  return {
    ...{ ...whole, ask, listed },
    offer: (serial, uid) => {
      const snapshot = newestSnapshot(library.paths, serial)?.name;
      return ask(serial, 'PUT', `/v1/class/${uid}`, { snapshot });
    },
    takeBack: (serial, uid) => ask(serial, 'DELETE', `/v1/class/${uid}`),
    standing: async (serial, uid) => {
      const snapshot = newestSnapshot(library.paths, serial)?.name;
      const told = await ask(serial, 'GET', `/v1/snapshots/${snapshot}/entries/${uid}`);
      return told.body.classPage;
    },
    say: async (word, uid) => {
      const found = (await listed()).offers.find((one) => one.uid === uid);
      return command('class-page', [found?.id ?? 'none', word]);
    },
  };
}
