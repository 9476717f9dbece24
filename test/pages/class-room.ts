/**
 * A class for looking at: every state a laptop can be in, names of all lengths and scripts, something
 * on every one of the teachers' pages.
 */
import { writeFileSync } from 'node:fs';
import { DAY_MS } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import { offerVersion } from '../../xs/pins/offering.ts';
import { hostKeyPublic } from '../../xs/storage/paths.ts';
import { newestSnapshot } from '../../xs/storage/snapshots.ts';
import { backUp, ed25519, enrol, type Journal, uidOf } from '../xs/library.ts';
import { dsaKey, serialOf } from '../xs/whole.ts';
import { type Jocinta, openJocinta, STRANGER, thing } from './jocinta.ts';

export const HELD = serialOf(20);
export const ABSENT = serialOf(21);
export const RETURNED = serialOf(22);
const RETIRED = serialOf(23);

const CHILDREN: [nick: string, colors: string | null][] = [
  ['Jim', '#FF2B34,#005FE4'],
  ['María de los Ángeles Quispe Mamani', '#008009,#8BFF7A'],
  ['سلمى', '#5E008C,#FF8F00'],
  ['', null],
  ['Jean-Baptiste', '#00588C,#FFC169'],
  ['Xochitl', '#F8E800,#BE9E00'],
  ['Aleida', '#BCCDFF,#FFADCE'],
  ['supercalifragilisticoespialidoso', '#A700FF,#00EA11'],
];

export async function openClassRoom(): Promise<Jocinta> {
  const school = await openJocinta();
  const { library, clock } = school;
  writeFileSync(hostKeyPublic(library.paths), ed25519(90));
  for (const [n, [nick, colors]] of CHILDREN.entries()) {
    await join(school, serialOf(30 + n), nick, colors, n < 6 ? 40 + n : 0);
  }
  await join(school, ABSENT, 'Rosalía', '#FF2B34,#F8E800', 30);
  await join(school, RETIRED, 'Efraín', '#00A0FF,#ED2529', 30);
  library.registrations.retire(RETIRED);
  await join(school, HELD, 'Wayra', '#00B20D,#FF2B34', 40);
  await school.command('cleanup', []);
  clock.pass(20 * DAY_MS);
  for (let n = 0; n < 3; n += 1) await keep(school, serialOf(30 + n), 41 + n);
  await keep(school, HELD, 2);
  await join(school, RETURNED, 'Rosalía', null, 0);
  enrol(library.registrations, STRANGER, 'u', ed25519(50));
  library.registrations.register(serialOf(30), 'Jim', 'u', dsaKey(60));
  const newest = newestSnapshot(library.paths, serialOf(31));
  await school.command('pin', [serialOf(31), newest?.name ?? '']);
  await school.command('pin', [serialOf(31), newest?.name ?? '', uidOf(3)]);
  await school.command('unpin', [serialOf(31), uidOf(3)]);
  await school.command('pin', [serialOf(31), newest?.name ?? '', uidOf(4)]);
  await openClassPage(school);
  return school;
}

/** On it are things of three children; one of each waits, one was refused. */
async function openClassPage(school: Jocinta): Promise<void> {
  const { library, command } = school;
  await command('class-page', ['on']);
  for (const serial of [31, 32, 35].map(serialOf)) {
    const snapshot = newestSnapshot(library.paths, serial);
    const { nick = '', colors = null } = library.registrations.get(serial) ?? {};
    for (const word of ['yes', 'yes', 'no', '']) {
      if (!snapshot) throw new Error('there is no snapshot');
      const uid = uidOf(offered.size);
      const of = { snapshot, uid, nick, colors, limit: 1e9 };
      const { id } = offerVersion(library, serial, of);
      offered.set(id, word);
      if (word !== '') await command('class-page', [id, word]);
    }
  }
}

/** What was said of each offer, by its id. */
export const offered = new Map<string, string>();

async function join(
  school: Jocinta,
  serial: Serial,
  nick: string,
  colors: string | null,
  things: number,
): Promise<void> {
  const { registrations } = school.library;
  const n = Number.parseInt(serial.slice(3), 16);
  registrations.register(serial, nick, 'u', dsaKey(n));
  enrol(registrations, serial, 'u', ed25519(n), { color: colors ?? undefined });
  if (things > 0) await keep(school, serial, things);
}

/** A backup of so many things, noted as the service notes it. */
async function keep(school: Jocinta, serial: Serial, things: number): Promise<void> {
  const { library, context, clock } = school;
  const seconds = clock.time / 1000 - 3600;
  const all = Array.from({ length: things }, (_, n) => n);
  const journal: Journal = new Map(all.map((n) => [uidOf(n), thing(n, 0, seconds)]));
  await backUp({ context }, journal, serial);
  const snapshot = newestSnapshot(library.paths, serial);
  if (snapshot) await library.index.reindex(snapshot.serial);
  await library.index.recordSuccess(serial, clock.now());
}
