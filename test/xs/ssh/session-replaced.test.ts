import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial, type Serial } from '../../../shared/ids.ts';
import { writeReplaces } from '../../../xs/registration/alias-files.ts';
import { inLaptop, inState } from '../../../xs/storage/paths.ts';
import { makeLibrary, SERIAL, type TestLibrary } from '../library.ts';
import { CAPS, session } from './session.ts';

const test = suite('a session reads the snapshots of replaced laptops, and no others');

const MID = parseSerial('SHC00800001');
const OLD = parseSerial('SHC00800002');
const STRANGER = parseSerial('SHC00800003');
const SNAPSHOT = 'datastore-2026-11-22_14:05';
const read = (target: string) => `rsync --server --sender -tRz${CAPS} . ${target}`;

/** SERIAL took MID's place, MID had taken OLD's; each of them, and a stranger, has a snapshot. */
function makeChain(library: TestLibrary): void {
  for (const serial of [MID, OLD, STRANGER]) {
    library.addLaptop(serial);
    mkdirSync(join(inLaptop(library.paths, serial).home, SNAPSHOT));
  }
  mkdirSync(join(inLaptop(library.paths, SERIAL).home, SNAPSHOT));
  link(library, [
    [SERIAL, MID],
    [MID, OLD],
  ]);
}

function link(library: TestLibrary, pairs: readonly (readonly [Serial, Serial])[]): void {
  const since = '2026-11-22T14:05:00.000Z';
  const of = new Map(pairs);
  const laptops = [SERIAL, MID, OLD, STRANGER].map((serial) => {
    const older = of.get(serial);
    return [serial, { alias: older ? { of: older, since } : null }] as const;
  });
  writeReplaces(library.paths, library.ownership, new Map(laptops));
}

/** What a laptop may ask for that replaced others: none of these is among it. */
const HOSTILE_READS = [
  `laptops/${STRANGER}/snapshots/${SNAPSHOT}/`,
  `laptops/SHC99999999/snapshots/${SNAPSHOT}/`,
  `laptops//snapshots/${SNAPSHOT}/`,
  `laptops/../snapshots/${SNAPSHOT}/`,
  `laptops/./${OLD}/snapshots/${SNAPSHOT}/`,
  `laptops/${OLD}/../${STRANGER}/snapshots/${SNAPSHOT}/`,
  `laptops/${OLD}/snapshots/../../${STRANGER}/${SNAPSHOT}/`,
  `laptops/${OLD}/snapshots/${SNAPSHOT}/../../${STRANGER}/${SNAPSHOT}/`,
  `laptops/${OLD}/snapshots/../`,
  `laptops/${OLD}/snapshots/`,
  `laptops/${OLD}/snapshots//`,
  `laptops/${OLD}/`,
  `laptops/${OLD}`,
  'laptops/',
  `laptops/${OLD}/incoming/`,
  `laptops/${OLD}/snapshots/incoming/`,
  `laptops/${OLD}/snapshots/datastore-current/`,
  `laptops/${OLD}/snapshots/datastore-latest/`,
  `laptops/${OLD}/pinned/${'x'.repeat(36)}/${'a'.repeat(64)}/`,
  `laptops/${OLD}/registration.json/`,
  `laptops/${OLD}/snapshots/datastore-2020-01-01_00:00/`,
  `laptops/${OLD}/snapshots/${SNAPSHOT}`,
  `laptops/${OLD.toLowerCase()}/snapshots/${SNAPSHOT}/`,
  `laptops/${OLD}0/snapshots/${SNAPSHOT}/`,
  `laptops/${OLD.slice(0, 10)}/snapshots/${SNAPSHOT}/`,
  `laptops/[A-Z]HC00800002/snapshots/${SNAPSHOT}/`,
  `laptops/*/snapshots/${SNAPSHOT}/`,
  `laptops/?HC00800002/snapshots/${SNAPSHOT}/`,
  `laptops/$old/snapshots/${SNAPSHOT}/`,
  `/laptops/${OLD}/snapshots/${SNAPSHOT}/`,
  `laptops/${OLD} laptops/${STRANGER}/snapshots/${SNAPSHOT}/`,
];

test('a laptop reads the snapshots of those whose place it took, and only reads', () => {
  using library = makeLibrary();
  makeChain(library);
  const mayRead = (serial: Serial, of: Serial) => {
    const result = session(library, read(`laptops/${of}/snapshots/${SNAPSHOT}/`), serial);
    return !result.stderr.includes('refused') && result.stdout.length >= 4;
  };
  assert.equal([mayRead(SERIAL, MID), mayRead(SERIAL, OLD), mayRead(MID, OLD)], [true, true, true]);
  const pairs: [Serial, Serial][] = [
    [OLD, MID],
    [OLD, SERIAL],
    [MID, SERIAL],
    [SERIAL, STRANGER],
    [STRANGER, OLD],
  ];
  for (const [serial, of] of pairs) assert.is(mayRead(serial, of), false, `${serial} ${of}`);
  const write = session(
    library,
    `rsync --server -trIz${CAPS} . laptops/${OLD}/snapshots/${SNAPSHOT}/`,
  );
  assert.is(write.status, 12);
  link(library, [[MID, OLD]]);
  assert.equal([mayRead(SERIAL, OLD), mayRead(MID, OLD)], [false, true], 'until it is undone');
});

test(`${HOSTILE_READS.length} ways to another child's snapshots are refused in the same words`, () => {
  using library = makeLibrary();
  makeChain(library);
  symlinkSync('/etc', join(inLaptop(library.paths, OLD).home, 'datastore-2026-01-01_00:00'));
  const targets = [...HOSTILE_READS, `laptops/${OLD}/snapshots/datastore-2026-01-01_00:00/`];
  for (const target of targets) {
    const result = session(library, read(target));
    assert.is(result.status, 12, `${target} ended with ${result.status}: ${result.stderr}`);
    assert.match(result.stderr, /^ds-backup: refused: .*\n$/, target);
    assert.is(result.stdout, '', target);
  }
  const words = [OLD, STRANGER, 'SHC99999999'].map(
    (of) => session(library, read(`laptops/${of}/snapshots/datastore-2020-01-01_00:00/`)).stderr,
  );
  assert.is(new Set(words).size, 1, words.join());
});

test('a file that lists junk opens nothing', () => {
  using library = makeLibrary();
  makeChain(library);
  const { replaces } = inState(library.paths);
  for (const junk of ['', '*\n', `${STRANGER}x\n`, `x ${STRANGER}\n`, '[A-Z]*\n', '\0\n']) {
    writeFileSync(replaces(SERIAL), junk);
    const result = session(library, read(`laptops/${STRANGER}/snapshots/${SNAPSHOT}/`));
    assert.is(result.status, 12, JSON.stringify(junk));
  }
});

test.run();
