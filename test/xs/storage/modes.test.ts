/** Who else on the server may read what the service writes, whatever the umask of whoever started it. */
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { openWhole, type WholeLibrary } from '../whole.ts';

const test = suite('modes of what the service writes');

const OTHERS = 0o007;
const OTHERS_WRITE = 0o002;

/** Files and folders that people other than the service and its sessions can get at, and what they may do. */
function* reachable(root: string, folder = root): Generator<[path: string, mode: number]> {
  for (const found of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, found.name);
    if (found.isSymbolicLink()) continue;
    const mode = statSync(path).mode & 0o777;
    if ((mode & OTHERS) !== 0) yield [relative(root, path), mode];
    if (found.isDirectory() && (mode & 0o001) !== 0) yield* reachable(root, path);
  }
}

/** A bit of everything that is written. */
async function live(whole: WholeLibrary): Promise<void> {
  await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'x' }]]));
  whole.clock.pass(DAY_MS);
  await backUp(whole, new Map([[uidOf(1), { title: 'b', content: 'y' }]]));
  const [newest] = listSnapshots(whole.library.paths, SERIAL);
  await whole.command('pin', [SERIAL, newest?.name ?? '', uidOf(1)]);
  for (const command of ['cleanup', 'scrub']) await whole.command(command);
}

for (const umask of [0, 0o022, 0o077]) {
  test(`umask ${umask.toString(8)}: nobody else reads a Journal, or writes anything`, async () => {
    const before = process.umask(umask);
    try {
      await using whole = await openWhole('');
      await live(whole);
      const { library, state, completion } = whole.library.paths;
      const found = [library, state, completion].flatMap((root) => [...reachable(root)]);
      const writable = found.filter(([, mode]) => (mode & OTHERS_WRITE) !== 0);
      assert.equal(writable, []);
      const names = new Set(found.map(([path]) => path));
      // Sessions may enter these by name; what is in them is the laptop's own or the service's.
      for (const path of names) assert.not.match(path, new RegExp(`^${SERIAL}/|\\.db|SUMS|PIN`));
    } finally {
      process.umask(before);
    }
  });
}

test.run();
