/**
 * Each of the server's three places on a disk that takes nothing: read-only, or full. The library opens, restores
 * find everything, what cannot be done is refused with its reason, the status names it and a script is told; and
 * when the disk takes something again, all goes on.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import type { Status } from '../../../xs/admin/status.ts';
import { testIf } from '../../runner/skip.ts';
import { checkSnapshots } from '../check.ts';
import { run } from '../commands/told.ts';
import { drawings } from '../integrity/damage-library.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { fillDisk } from '../small-disk.ts';
import { dsaKey, openWhole, serialOf, type WholeLibrary } from '../whole.ts';

const test = suite('a place of the server whose disk takes nothing');
const rooted = testIf(process.getuid?.() === 0, test, 'mounting a small disk needs root');

const OTHER = serialOf(2);
const SETTINGS = '[quota]\nreserveMiB = 1\n[traffic]\nminFreePercent = 5\n';
const PLACES = ['library', 'state', 'completion'] as const;
type Place = (typeof PLACES)[number];

interface Way {
  spoil: (disk: string) => void;
  mend: (disk: string) => void;
  /** Concerns, one of which has to be told. */
  told: Record<Place, RegExp>;
}
const WAYS: Record<'read-only' | 'full', Way> = {
  'read-only': {
    spoil: (disk) => execFileSync('mount', ['-o', 'remount,ro', disk]),
    mend: (disk) => execFileSync('mount', ['-o', 'remount,rw', disk]),
    told: { library: /faults/, state: /faults/, completion: /faults/ },
  },
  full: {
    spoil: (disk) => fillDisk(join(disk, 'ballast')),
    mend: (disk) => rmSync(join(disk, 'ballast')),
    told: { library: /disk-full/, state: /disk-nearly-full/, completion: /disk-nearly-full/ },
  },
};

/** What is refused, or done from the reserve. */
const TAKES_NOTHING: Record<string, RegExp> = {
  'read-only': /^server-trouble$/,
  full: /^(server-full|done)$/,
};

async function school(folder: string): Promise<void> {
  await using whole = await openWhole(SETTINGS, { folder });
  whole.library.registrations.register(OTHER, 'Jim', 'uuid 2', dsaKey(2));
  for (let day = 1; day < 4; day += 1) {
    await backUp(whole, drawings(3 + day));
    await backUp(whole, drawings(4, 'his'), OTHER);
    whole.clock.pass(DAY_MS);
  }
}

const sumsOf = ({ library }: WholeLibrary) =>
  [SERIAL, OTHER].map((serial) => [...checkSnapshots(library.paths, serial)]);

const attempt = async (whole: WholeLibrary) =>
  (await backUp(whole, drawings(8, 'new'), OTHER)).state;

for (const place of PLACES) {
  for (const [name, { spoil, mend, told }] of Object.entries(WAYS)) {
    rooted(
      `${place}, ${name}: what is there can be had, the status says it, and it passes`,
      async () => {
        const folder = mkdtempSync(join(tmpdir(), 'ds-places-'));
        const [built, disk] = [join(folder, 'built'), join(folder, place)];
        mkdirSync(built);
        try {
          await school(built);
          for (const one of PLACES.filter((other) => other !== place)) {
            execFileSync('cp', ['-a', join(built, one), join(folder, one)]);
          }
          mkdirSync(disk);
          execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=0711,size=24m', 'tmpfs', disk]);
          execFileSync('cp', ['-a', `${join(built, place)}/.`, disk]);
          cpSync(join(built, 'config.toml'), join(folder, 'config.toml'));
          spoil(disk);
          let sums: unknown;
          {
            await using whole = await openWhole(SETTINGS, { folder });
            sums = sumsOf(whole);
            await whole.library.checker.checkAll();
            const { text, exit } = await run(whole, 'status', [], { json: true });
            const { concerns, damagedLaptops, laptops } = JSON.parse(text) as Status & {
              concerns: string[];
            };
            assert.match(concerns.join(' '), told[place]);
            assert.is(exit, 3);
            assert.equal(damagedLaptops, [], 'nothing of a laptop is damaged');
            assert.equal(
              laptops.filter(({ standing }) => standing === 'never'),
              [],
            );
            if (place === 'library') {
              const { error } = await run(whole, 'pin', [SERIAL, 'latest', uidOf(1)]);
              assert.match(error?.code ?? 'done', TAKES_NOTHING[name] ?? /never/);
            } else assert.is(await attempt(whole), 'done');
            await run(whole, 'cleanup');
            for (const [n, before] of (sums as unknown[][]).entries()) {
              assert.equal(sumsOf(whole)[n]?.slice(-before.length), before, 'all of it can be had');
            }
          }
          mend(disk);
          await using whole = await openWhole(SETTINGS, { folder });
          assert.is(await attempt(whole), 'done');
          assert.not.match(await whole.command('status'), /does not work|disk is/);
        } finally {
          execFileSync('umount', ['--lazy', disk]);
          rmSync(folder, { recursive: true, force: true });
        }
      },
    );
  }
}

test.run();
