/**
 * A school with somebody who has secrets and somebody who wants them: everything that only the first
 * may see has the word MARK in it.
 */
import { Cleanup } from '../../shared/system/cleanup.ts';
import { addTeacher } from '../../xs/admin/teachers.ts';
import { serveApi } from '../../xs/api/api.ts';
import type { Intake } from '../../xs/ingest/intake.ts';
import { inState } from '../../xs/storage/paths.ts';
import { newestSnapshot } from '../../xs/storage/snapshots.ts';
import { Traffic } from '../../xs/traffic/traffic.ts';
import { backUp, ed25519, enrol, SERIAL, uidOf } from '../xs/library.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from '../xs/pages/browser.ts';
import { calmLoad, dsaKey, serialOf } from '../xs/whole.ts';

export const VICTIM = SERIAL;
/** Whose place the victim's laptop took. */
export const OLD = serialOf(1);
export const ATTACKER = serialOf(2);
export const MARK = 'qzxwvk';
export const PASSWORD = `four ${MARK} words`;

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

export interface Hostile extends PagesServer {
  port: number;
  /** Where the session script hands the control channel to. */
  apiSocket: string;
  victim: Browser;
  attacker: Browser;
  /** The victim's newest snapshot, and its entry. */
  day: string;
  uid: string;
}

/** `settings` are added, in TOML. */
export async function openHostile(settings = ''): Promise<Hostile> {
  const server = await servePages(`[pages]\nxoid = true\n${settings}`);
  const stack = new Cleanup();
  stack.use(server);
  const { library, context } = server;
  library.registrations.register(OLD, `${MARK} old`, 'u', dsaKey(2));
  library.registrations.register(ATTACKER, 'Mallory', 'u', dsaKey(3));
  enrol(library.registrations, VICTIM, 'uuid', ed25519(1));
  for (const [serial, word] of [
    [VICTIM, MARK],
    [OLD, `${MARK} old`],
    [ATTACKER, 'my own'],
  ] as const) {
    const properties = {
      ...{ preview: Buffer.concat([PNG, Buffer.from(word)]), mime_type: 'text/plain' },
      ...{ description: `${word} description`, tags: word, timestamp: '1700000000' },
    };
    const entry = { title: `${word} title`, content: `${word} content`, properties };
    const other = { ...entry, title: `${word} other` };
    // The attacker has one uid in common with the victim: uids are no secret to rely on.
    const both = [uidOf(1), uidOf(serial === ATTACKER ? 3 : 2)];
    await backUp(
      { context },
      new Map(both.map((uid, n) => [uid, n === 0 ? entry : other])),
      serial,
    );
    server.clock.pass(120_000);
  }
  await server.command('alias', [VICTIM, OLD]);
  await addTeacher(library.paths, 'Rosa', PASSWORD, new Date());
  stack.use(
    await serveApi({
      ...{ library, intake: nobodysIntake, onRaw: () => {}, links: server.links },
      ...{ traffic: new Traffic(library.clock, library.config.traffic), load: calmLoad },
    }),
  );
  const [victim, attacker] = [openBrowser(server.url), openBrowser(server.url)];
  await victim.get(server.links.make(VICTIM));
  await attacker.get(server.links.make(ATTACKER));
  return {
    ...server,
    ...{ victim, attacker, port: Number(new URL(server.url).port) },
    apiSocket: inState(library.paths).apiSocket,
    day: newestSnapshot(library.paths, VICTIM)?.name ?? '',
    uid: uidOf(2),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** What becomes of runs is asked by their secret names only. */
const nobodysIntake = {
  finalOutcome: async () => ({ state: 'unknown' }),
} as unknown as Intake;
