/**
 * A school for looking at: Jocinta, whose old laptop broke, with a Journal of pictures and words on
 * both; another child; a teacher.
 */
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '../../shared/clock.ts';
import type { Serial } from '../../shared/ids.ts';
import { addTeacher } from '../../xs/admin/teachers.ts';
import { newestSnapshot } from '../../xs/storage/snapshots.ts';
import { previewPng } from '../journal/content.ts';
import { seededRandom } from '../journal/random.ts';
import {
  backUp,
  ed25519,
  enrol,
  type Journal,
  type JournalEntry,
  SERIAL,
  uidOf,
} from '../xs/library.ts';
import { type PagesServer, servePages } from '../xs/pages/browser.ts';
import { dsaKey, serialOf } from '../xs/whole.ts';

export const OLD = serialOf(1);
export const STRANGER = serialOf(2);
export const TEACHER = { name: 'Rosa Quispe', password: 'four words are enough' };
const START = '2026-09-01T08:00:00Z';

const THINGS: [title: string, mimeType: string, activity: string][] = [
  ['Mi casa', 'image/png', 'org.laptop.Oficina'],
  ['El río y los peces, con todos los nombres que mi abuela me contó', 'text/plain', 'x'],
  ['قصة السمكة الصغيرة', 'application/vnd.oasis.opendocument.text', 'org.laptop.AbiWordActivity'],
  ['Tortuga que dibuja flores', 'application/x-turtle-art', 'org.laptop.TurtleArtActivity'],
  ['Canción', 'audio/ogg', 'org.laptop.TamTamMini'],
  ['http://escuela.example/una-direccion-muy-larga-sin-espacios-que-no-cabe', 'text/uri-list', 'x'],
  ['Paseo', 'video/ogg', 'org.laptop.RecordActivity'],
  ['Libro de ciencias', 'application/pdf', 'org.laptop.sugar.ReadActivity'],
  ['Todo junto', 'application/zip', 'x'],
  ['', 'application/octet-stream', ''],
];

/** The n-th thing of a child, as it is on the n-th day. */
export function thing(n: number, day: number, seconds: number): JournalEntry {
  const random = seededRandom(`${n} ${day}`);
  const [title = '', mimeType = '', activity = ''] = THINGS[n % THINGS.length] ?? [];
  const properties: Record<string, string | Buffer> = {
    ...{ mime_type: mimeType, activity, 'icon-color': '#FF2B34,#005FE4' },
    ...{ timestamp: String(seconds - n * 7000), creation_time: String(seconds - 5e6) },
    ...{ description: n % 3 === 0 ? 'Hecho en clase con Ana' : '', tags: n % 4 === 0 ? 'río' : '' },
  };
  if (n % 2 === 0) properties.preview = previewPng(random, 4000);
  const name = title && n >= THINGS.length ? `${title} ${n}` : title;
  return { title: name, content: `${title} ${day}`, properties };
}

export interface Jocinta extends PagesServer {
  /** The page of a laptop's newest day, as Jocinta sees it. */
  day(of: Serial): string;
  /** The n-th entry's there. */
  entry(n: number, of?: Serial): string;
}

export const DAMAGED = 5;

export async function openJocinta(settings = ''): Promise<Jocinta> {
  const server = await servePages(settings, START);
  const { library, context, clock } = server;
  const colors = ['#FF8F00,#00A0FF', '#00B20D,#FFFA00', '#9A5200,#E6000A'];
  for (const [n, serial] of [OLD, STRANGER].entries()) {
    library.registrations.register(serial, ['Jocinta', 'Ana'][n] ?? '', 'u', dsaKey(n + 2));
  }
  for (const [n, serial] of [SERIAL, OLD, STRANGER].entries()) {
    enrol(library.registrations, serial, n === 0 ? 'uuid' : 'u', ed25519(n + 1), {
      color: colors[n],
    });
  }
  for (let day = 0; day < 6; day += 1) {
    const seconds = clock.time / 1000 - 3600;
    const all = Array.from({ length: 30 + day }, (_, n) => n);
    const journal: Journal = new Map(
      all.map((n) => [uidOf(n), thing(n, n < 3 ? day : 0, seconds)]),
    );
    await backUp({ context }, journal, day < 2 ? OLD : SERIAL);
    if (day === 5) await backUp({ context }, journal, STRANGER);
    clock.pass(9 * DAY_MS);
  }
  await server.command('alias', [SERIAL, OLD]);
  await addTeacher(library.paths, TEACHER.name, TEACHER.password, new Date());
  const newest = newestSnapshot(library.paths, SERIAL);
  await server.command('pin', [SERIAL, newest?.name ?? '', uidOf(1)]);
  truncateSync(join(newest?.folder ?? '', `${uidOf(DAMAGED)}.metadata`), 20);
  const day = (of: Serial) =>
    `/ds-restore/${SERIAL}/${of}/${newestSnapshot(library.paths, of)?.name}/`;
  const entry = (n: number, of: Serial = SERIAL) => `${day(of)}${uidOf(n)}/`;
  return { ...server, day, entry };
}
