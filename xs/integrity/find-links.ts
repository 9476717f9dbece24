/** Finds the snapshots and pins that have damaged content, by the links to its inode. */
import { failpoint } from '../../shared/system/failpoint.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import type { DamageRegister } from '../storage/damage-register.ts';
import { IDLE, IDLE_SLICE_MS } from '../storage/idle.ts';
import { MIRRORS, type Paths } from '../storage/paths.ts';

export interface SearchContext {
  paths: Paths;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

/**
 * The names of these inodes in snapshots, pins and the like, relative to the library: one walk for
 * all of them, at idle priority. Folders that laptops write to are left out: they may change during
 * the walk, and nothing there is used before it is verified.
 */
export async function findLinks(
  { paths, env, signal }: SearchContext,
  inodes: readonly number[],
): Promise<Map<number, string[]>> {
  const names = new Map<number, string[]>(inodes.map((inode) => [inode, []]));
  if (inodes.length === 0) return names;
  const places = ['.pool', '.damaged', '*/incoming', ...MIRRORS.map((name) => `*/${name}`)];
  const excluded = alternatives(places.map((place) => ['-path', `./${place}`]));
  const wanted = alternatives(inodes.map((inode) => ['-inum', String(inode)]));
  const args = ['.', '-xdev', ...excluded, '-prune', '-o', ...wanted, '-printf', '%i %P\\0'];
  const options = { cwd: paths.library, env, accept: [1], ...(signal && { signal }) };
  // Exit code 1: a snapshot was removed during the walk, which is normal.
  const { stdout } = await run('ionice', [...IDLE, 'find', ...args], options);
  for (const line of stdout.split('\0')) {
    const [inode = '', name] = line.split(/ (.*)/s);
    if (name) names.get(Number(inode))?.push(name);
  }
  return names;
}

/** Finds and records the names of all damaged content whose names are still unknown. */
export async function findDamagedLinks(
  damage: DamageRegister,
  context: SearchContext,
): Promise<void> {
  const unnamed = damage.list().filter(({ names }) => names === null);
  const found = await findLinks(
    context,
    unnamed.map(({ inode }) => inode),
  );
  const pause = pacemaker(IDLE_SLICE_MS);
  for (const record of unnamed) {
    await pause();
    if (!damage.isDamaged(record.inode)) continue; // repaired meanwhile
    const names = found.get(record.inode) ?? [];
    damage.setNames(
      record,
      names.filter((name) => !name.includes('/.tmp-')).sort(), // without drafts
    );
  }
  if (unnamed.length > 0) failpoint('damage.named');
}

function alternatives(tests: string[][]): string[] {
  return ['(', ...tests.flatMap((test, index) => (index === 0 ? test : ['-o', ...test])), ')'];
}
