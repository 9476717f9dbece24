/**
 * Who is concerned by damage: the names that damaged content has in snapshots, pins and the like.
 */
import { failpoint } from '../../shared/system/failpoint.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import type { DamageRegister } from '../storage/damage-register.ts';
import { MIRRORS, type Paths } from '../storage/paths.ts';

/** Arguments of ionice(1) for programs that read much: nobody is to feel them. */
export const IDLE = ['-c', '3', 'nice', '-n', '19'] as const;

const SLICE_MS = 8;

export interface SearchContext {
  paths: Paths;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
}

/**
 * Every name of these inodes in snapshots, pins and the like, relative to the library: one walk for
 * all of them, in the idle class. What laptops write into is left out: nothing there is believed
 * before it is read, and its folders may change under our feet.
 */
export async function findLinks(
  { paths, env, signal }: SearchContext,
  inodes: readonly number[],
): Promise<Map<number, string[]>> {
  const names = new Map<number, string[]>(inodes.map((inode) => [inode, []]));
  if (inodes.length === 0) return names;
  const places = ['.pool', '.damaged', '*/incoming', ...MIRRORS.map((name) => `*/${name}`)];
  const passedOver = alternatives(places.map((place) => ['-path', `./${place}`]));
  const wanted = alternatives(inodes.map((inode) => ['-inum', String(inode)]));
  const args = ['.', '-xdev', ...passedOver, '-prune', '-o', ...wanted, '-printf', '%i %P\\0'];
  const options = { cwd: paths.library, env, accept: [1], ...(signal && { signal }) };
  // Exit code 1: a snapshot went away while it was read, as they do.
  const { stdout } = await run('ionice', [...IDLE, 'find', ...args], options);
  for (const line of stdout.split('\0')) {
    const [inode = '', name] = line.split(/ (.*)/s);
    if (name) names.get(Number(inode))?.push(name);
  }
  return names;
}

/** Looks for the names of all damaged content for which nobody has looked yet. */
export async function findDamagedLinks(
  damage: DamageRegister,
  context: SearchContext,
): Promise<void> {
  const unnamed = damage.list().filter(({ names }) => names === null);
  const found = await findLinks(
    context,
    unnamed.map(({ inode }) => inode),
  );
  const pause = pacemaker(SLICE_MS);
  for (const record of unnamed) {
    await pause();
    if (!damage.isDamaged(record.inode)) continue; // repaired meanwhile
    const names = found.get(record.inode) ?? [];
    damage.setNames(
      record,
      names.filter((name) => !name.includes('/.tmp-')).sort(), // a draft's names do not last
    );
  }
  if (unnamed.length > 0) failpoint('damage.named');
}

function alternatives(tests: string[][]): string[] {
  return ['(', ...tests.flatMap((test, index) => (index === 0 ? test : ['-o', ...test])), ')'];
}
