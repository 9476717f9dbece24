/** A service that is not root, and homes that belong to the accounts of the original. */
import { chmodSync, chownSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { realClock } from '../../../shared/clock.ts';
import type { SnapshotName } from '../../../shared/ids.ts';
import { silentLog } from '../../../shared/log.ts';
import { adopt as adoptCommand } from '../../../xs/commands/adopt.ts';
import type { CommandContext } from '../../../xs/commands/command.ts';
import { adoptLaptop } from '../../../xs/legacy/adopt.ts';
import { hasRaw, listRaw } from '../../../xs/legacy/raw-snapshots.ts';
import type { RefusedTree } from '../../../xs/legacy/refusal.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { openPool } from '../../../xs/storage/pool.ts';
import { listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { discard } from '../../../xs/storage/trash.ts';
import { WorkQueue } from '../../../xs/storage/work-queue.ts';
import { testIf } from '../../runner/skip.ts';
import { letOthersIn, makeLibrary, SERIAL, type TestLibrary, uidOf } from '../library.ts';
import { serialOf } from '../whole.ts';
import { makeTrees } from './adopted.ts';
import { nameOf, putRaw, snapshotRaw } from './original-library.ts';

const test = suite('adopting what belongs to other accounts');
const rooted = testIf(process.geteuid?.() === 0, test, 'only root can make files of others');

/** The service's user, and the account of a laptop on the old server. */
const OURS = 64_997;
const THEIRS = 64_990;

function giveAll(folder: string, uid: number): void {
  chownSync(folder, uid, uid);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(folder, name), uid, uid);
  }
}

/** Everything is the service's, as after a copy by its user. */
function ours(library: TestLibrary) {
  letOthersIn(library);
  for (const name of readdirSync(library.folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(library.folder, name);
    if (!lstatSync(path).isSymbolicLink()) chownSync(path, OURS, OURS);
  }
  giveAll(library.folder, OURS);
  const ownership = { ownUid: OURS, sessionUid: OURS, sessionGid: OURS };
  return { ...library.context, ownership, pool: openPool(library.paths, ownership) };
}

async function asService<T>(act: () => Promise<T>): Promise<T> {
  process.setegid?.(OURS);
  process.seteuid?.(OURS);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

async function adopt(library: TestLibrary, context: ReturnType<typeof ours>) {
  const refused: RefusedTree[] = [];
  const options = {
    discard: (folder: string, name: SnapshotName) =>
      discard(library.paths, SERIAL, folder, 'adopted', context.timeline.now(), name),
    onRefused: (one: RefusedTree) => void refused.push(one),
  };
  const adopted = await asService(() => adoptLaptop(context, SERIAL, options));
  return { adopted: adopted.map(({ name }) => name), refused };
}

const order = ({ paths }: TestLibrary) =>
  listSnapshots(paths, SERIAL).map(({ name, sequence }) => [name, sequence]);
const IN_ORDER = [
  [nameOf(10), 3],
  [nameOf(9), 2],
  [nameOf(8), 1],
];

rooted('a tree with one closed file stays as it is, is named, and keeps its place', async () => {
  using library = makeLibrary();
  makeTrees(library);
  const context = ours(library);
  const tree = inLaptop(library.paths, SERIAL).snapshot(nameOf(9));
  const closed = join(tree, '00', uidOf(5), 'data');
  chownSync(closed, THEIRS, THEIRS);
  chmodSync(closed, 0o600);
  const first = await adopt(library, context);
  // The newest has the same file.
  assert.equal(first.adopted, [nameOf(8)]);
  assert.equal(
    first.refused.map(({ name }) => name),
    [nameOf(10), nameOf(9)],
  );
  for (const { reason, hint } of first.refused) {
    assert.match(reason, /permission denied/);
    assert.match(hint ?? '', `sudo chown -R ${OURS}:${OURS} ${library.paths.library}/${SERIAL}`);
  }
  assert.ok(lstatSync(closed).isFile(), 'nothing was moved');
  giveAll(inLaptop(library.paths, SERIAL).home, OURS);
  const second = await adopt(library, context);
  assert.equal([second.adopted, second.refused], [[nameOf(10), nameOf(9)], []]);
  assert.equal(order(library), IN_ORDER);
});

rooted('a closed tree is not judged; the link stays as long as it leads there', async () => {
  using library = makeLibrary();
  makeTrees(library);
  const context = ours(library);
  const { snapshot, latest } = inLaptop(library.paths, SERIAL);
  chownSync(snapshot(nameOf(10)), THEIRS, THEIRS);
  chmodSync(snapshot(nameOf(10)), 0o700);
  await asService(async () => assert.ok(hasRaw(library.paths, SERIAL)));
  const first = await adopt(library, context);
  assert.equal(first.adopted, [nameOf(9), nameOf(8)]);
  assert.is(readlinkSync(latest), snapshot(nameOf(10)));
  giveAll(inLaptop(library.paths, SERIAL).home, OURS);
  chmodSync(snapshot(nameOf(10)), 0o755);
  assert.equal((await adopt(library, context)).adopted, [nameOf(10)]);
  assert.equal(order(library), IN_ORDER);
  assert.equal(listHeld(library.paths, SERIAL), []);
  assert.is(readlinkSync(latest), nameOf(10));
});

rooted('a home that may not be entered stops nobody else', async () => {
  using library = makeLibrary();
  const { paths } = library;
  const other = serialOf(1);
  makeTrees(library);
  putRaw(inLaptop(paths, other).original, uidOf(1), { title: 'other' });
  snapshotRaw(paths, other, nameOf(8));
  const context = ours(library);
  giveAll(inLaptop(paths, SERIAL).home, THEIRS);
  chmodSync(inLaptop(paths, SERIAL).home, 0o700);
  let printed = '';
  const print = (text: string) => {
    printed += text;
  };
  const whole = { ...context, clock: realClock, log: silentLog, workQueue: new WorkQueue() };
  const command = {
    ...{ library: whole, args: [], flags: {}, print, progress: () => {} },
    signal: new AbortController().signal,
  } as unknown as CommandContext;
  const code = await asService(async () => adoptCommand.run(command));
  assert.is(code, 3, printed);
  assert.match(printed, `${other}  1 adopted`);
  assert.match(printed, `${SERIAL}  NOT adopted: `);
  assert.match(printed, `sudo chown -R ${OURS}:${OURS} ${inLaptop(paths, SERIAL).home}`);
  assert.is(listSnapshots(paths, other).length, 1);
  assert.is(listRaw(paths, SERIAL).length, 3);
});

test.run();
