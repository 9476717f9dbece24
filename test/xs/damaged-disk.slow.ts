// weight: 10
/**
 * A real ext4 whose inodes are damaged: what it cannot give any more is named or healed, the library opens,
 * and the other laptop backs up.
 */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inEntry, inLaptop, inShard, type Paths } from '../../xs/storage/paths.ts';
import { newestSnapshot } from '../../xs/storage/snapshots.ts';
import { testIf } from '../runner/skip.ts';
import { checkSnapshots } from './check.ts';
import { drawings, poolFiles, shardOf } from './integrity/damage-library.ts';
import { backUp, SERIAL, uidOf } from './library.ts';
import { dsaKey, openWhole, serialOf, type WholeLibrary } from './whole.ts';

const test = suite('a damaged disk under the library');
const rooted = testIf(process.getuid?.() === 0, test, 'a file system is mounted, which needs root');

const OTHER = serialOf(2);
const SETTINGS = '[quota]\nreserveMiB = 1\n';

/** What the status complains about. */
async function concernsOf(whole: WholeLibrary): Promise<string[]> {
  return JSON.parse(await whole.command('status', [], { json: true })).concerns;
}

const newest = (paths: Paths) => newestSnapshot(paths, SERIAL)?.folder ?? '';
const DAMAGED: [what: string, path: (paths: Paths) => string, heals?: true][] = [
  ['content', (paths) => inEntry(newest(paths), uidOf(1)).content],
  ['metadata', (paths) => inEntry(newest(paths), uidOf(1)).metadata],
  ['the list', (paths) => join(newest(paths), 'SUMS.gz')],
  ['the manifest', (paths) => join(newest(paths), 'MANIFEST')],
  ['the snapshot', newest],
  ['the registration', (paths) => inLaptop(paths, SERIAL).registration, true],
  ['the folder of the laptop', (paths) => inLaptop(paths, SERIAL).home],
  ['a part of the pool', (paths) => inShard(paths, shardOf(poolFiles(paths.library)[0] ?? ''))],
];

for (const [what, pathOf, heals = false] of DAMAGED) {
  rooted(
    `${what}: ${heals ? 'it is healed' : 'the laptop is named'}, and the other one goes on`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'ds-inodes-'));
      const [image, disk] = [join(folder, 'image'), join(folder, 'disk')];
      const mount = () => execFileSync('mount', ['-o', 'loop', image, disk]);
      try {
        mkdirSync(disk);
        execFileSync('truncate', ['-s', '24M', image]);
        execFileSync('mkfs.ext4', ['-q', '-F', '-O', '^has_journal', image]);
        mount();
        let inode = 0;
        let usual: string[] = [];
        {
          await using whole = await openWhole(SETTINGS, { folder: disk });
          whole.library.registrations.register(OTHER, 'Jim', 'uuid 2', dsaKey(2));
          await backUp(whole, drawings(4));
          await backUp(whole, drawings(4, 'his'), OTHER);
          usual = await concernsOf(whole);
          inode = lstatSync(pathOf(whole.library.paths)).ino;
        }
        execFileSync('umount', [disk]);
        execFileSync('debugfs', ['-w', '-R', `clri <${inode}>`, image], { stdio: 'ignore' });
        mount();
        await using whole = await openWhole(SETTINGS, { folder: disk });
        const { paths } = whole.library;
        await whole.library.checker.checkAll();
        const named = (await concernsOf(whole)).filter((one) => !usual.includes(one));
        assert.equal(named.includes('damaged-laptops'), !heals);
        assert.is((await backUp(whole, drawings(4, 'his'), OTHER)).state, 'done');
        checkSnapshots(paths, OTHER);
        if (heals) checkSnapshots(paths, SERIAL);
      } finally {
        execFileSync('umount', ['--lazy', disk]);
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
}

test.run();
