/**
 * Ours, as a laptop and a server of the test school: every run from the start of `ds-backup` to its
 * end, on the counted wire. The restore goes into a running, empty Sugar datastore.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { distFolder } from '../../bundle/build.ts';
import { startSchool } from '../school/school.ts';
import { type Contender, type Track, timed } from './contender.ts';
import type { Wire } from './wire.ts';

export async function ours({ folder, signal }: Track, wire: Wire): Promise<Contender> {
  rmSync(folder, { recursive: true, force: true });
  const school = await startSchool({ laptops: 1, server: { wire } });
  const laptop = school.laptop(0);
  const track = { folder: laptop.home, signal };
  const command = (...args: string[]) => [
    ...[
      process.execPath,
      join(distFolder, 'ds-backup.mjs'),
      ...args,
      '--direct',
      ...laptop.where(),
    ],
  ];
  return {
    source: laptop.journal,
    serverFolder: dirname(school.server.library),
    backup: () => timed(track, command('now'), laptop.env),
    restore: async () => {
      await laptop.loseJournal();
      await laptop.startBus();
      await laptop.countEntries(); // the datastore of a laptop that is in use runs already
      return timed(track, command('restore', 'latest'), laptop.env);
    },
    restored: () => laptop.journal,
    [Symbol.asyncDispose]: () => school[Symbol.asyncDispose](),
  };
}
