import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkEverything } from '../../xs/integrity/relink.ts';
import { inLaptop, inLibrary, type Paths, scrubState } from '../../xs/storage/paths.ts';
import { newestSnapshot } from '../../xs/storage/snapshots.ts';
import { checkSnapshots } from './check.ts';
import { drawings } from './integrity/damage-library.ts';
import { backUp, enrol, SERIAL } from './library.ts';
import { dsaKey, openWhole, serialOf } from './whole.ts';

const test = suite('damage in one place stops neither the start nor anybody else');

const OTHER = serialOf(2);

const half = (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2));
const folderInstead = (path: string) => {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  writeFileSync(join(path, 'something'), 'else');
};
const fileInstead = (path: string) => {
  rmSync(path, { recursive: true, force: true });
  writeFileSync(path, 'something else');
};
const linkInstead = (path: string) => {
  rmSync(path, { recursive: true, force: true });
  symlinkSync('/nowhere', path);
};

function filesForShards(paths: Paths): void {
  for (const name of readdirSync(inLibrary(paths).pool)) {
    fileInstead(join(inLibrary(paths).pool, name));
  }
}

/** A school whose two laptops have a backup, after something happened to it while it was off. */
async function schoolAfter(spoil: (paths: Paths) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'ds-library-'));
  {
    await using before = await openWhole('', { folder });
    before.library.registrations.register(OTHER, 'Jim', 'uuid 2', dsaKey(2));
    await backUp(before, drawings(4));
    await backUp(before, drawings(4, 'his'), OTHER);
    spoil(before.library.paths);
  }
  const whole = await openWhole('', { folder });
  const { paths } = whole.library;
  await checkEverything(whole.library, undefined);
  whole.library.timeline.observe();
  const status = JSON.parse(await whole.command('status', [], { json: true }));
  const concerns: string[] = status.concerns;
  const damaged: string[] = status.damagedLaptops.map((one: { serial: string }) => one.serial);
  return {
    ...{ whole, paths, damaged, concerns },
    [Symbol.asyncDispose]: async () => {
      await whole[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const newest = (paths: Paths) => newestSnapshot(paths, SERIAL)?.folder ?? '';
const SPOILT: [name: string, spoil: (paths: Paths) => void, heals: boolean][] = [
  ['half a registration.json', (paths) => half(inLaptop(paths, SERIAL).registration), true],
  ['no registration.json', (paths) => rmSync(inLaptop(paths, SERIAL).registration), true],
  ['a folder for registration.json', (p) => folderInstead(inLaptop(p, SERIAL).registration), true],
  [
    'half a registration.json, and no copy of it',
    (paths) => {
      half(inLaptop(paths, SERIAL).registration);
      rmSync(inLaptop(paths, SERIAL).registrationCopy);
    },
    false,
  ],
  ['half a MANIFEST', (paths) => half(join(newest(paths), 'MANIFEST')), true],
  ['no MANIFEST', (paths) => rmSync(join(newest(paths), 'MANIFEST')), true],
  ['a folder for MANIFEST', (paths) => folderInstead(join(newest(paths), 'MANIFEST')), true],
  [
    'neither MANIFEST nor SUMS.gz',
    (paths) => {
      const folder = newest(paths);
      for (const file of ['MANIFEST', 'SUMS.gz']) rmSync(join(folder, file));
    },
    false,
  ],
  ['half a SUMS.gz', (paths) => half(join(newest(paths), 'SUMS.gz')), true],
  ['a folder for SUMS.gz', (paths) => folderInstead(join(newest(paths), 'SUMS.gz')), true],
  ['a file for the snapshot', (paths) => fileInstead(newest(paths)), false],
  ['a file for incoming', (paths) => fileInstead(inLaptop(paths, SERIAL).incoming), true],
  ['a file for a mirror', (p) => fileInstead(inLaptop(p, SERIAL).original), true],
  ['a folder for .session.lock', (p) => folderInstead(inLaptop(p, SERIAL).sessionLock), true],
  ['a folder for last-success.json', (p) => folderInstead(inLaptop(p, SERIAL).lastSuccess), true],
  ['a file for held', (paths) => fileInstead(inLaptop(paths, SERIAL).held), true],
  ['a file for pinned', (paths) => fileInstead(inLaptop(paths, SERIAL).pinned), true],
  ['a folder for .clock.json', (paths) => folderInstead(inLibrary(paths).clock), true],
  ['half a .clock.json', (paths) => writeFileSync(inLibrary(paths).clock, '{"version":'), true],
  ['a folder for .scrub.json', (paths) => folderInstead(scrubState(paths)), true],
  ['a link to nowhere for .trash', (paths) => linkInstead(inLibrary(paths).trash), true],
  ['a link to nowhere for .pool', (paths) => linkInstead(inLibrary(paths).pool), true],
  ['files for parts of .pool', (paths) => filesForShards(paths), true],
  ['a file for .damaged', (paths) => fileInstead(join(paths.library, '.damaged')), true],
];

for (const [name, spoil, heals] of SPOILT) {
  test(`${name}: ${heals ? 'it is put right' : 'the laptop is named'}`, async () => {
    await using school = await schoolAfter(spoil);
    const { whole, paths, damaged, concerns } = school;
    assert.equal(damaged, heals ? [] : [SERIAL]);
    assert.equal(concerns, heals ? [] : ['damaged-laptops']);
    assert.is((await backUp(whole, drawings(5, 'his'), OTHER)).state, 'done');
    checkSnapshots(paths, OTHER);
    if (heals) assert.is((await backUp(whole, drawings(5))).state, 'done');
    await whole.command('cleanup');
  });
}

test('a laptop whose record is lost is told that it is damaged, until that is put right', async () => {
  let text = '';
  await using school = await schoolAfter((paths) => {
    const { registration, registrationCopy } = inLaptop(paths, SERIAL);
    text = readFileSync(registration, 'utf8');
    half(registration);
    half(registrationCopy);
  });
  const { registrations } = school.whole.library;
  assert.throws(() => registrations.register(SERIAL, 'x', 'uuid', dsaKey(1)), /is damaged/);
  assert.throws(() => enrol(registrations, SERIAL, 'uuid', 'ssh-ed25519 AAAA'), /./);
  writeFileSync(inLaptop(school.paths, SERIAL).registration, text);
  assert.is(registrations.register(SERIAL, 'x', 'uuid', dsaKey(1)), 'accepted');
  assert.is(registrations.get(SERIAL)?.nick, 'Jocinta');
});

test.run();
