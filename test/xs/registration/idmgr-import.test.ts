/** The laptops of the old server, taken over from the database of its identity manager. */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePublicKey } from '../../../shared/ssh/ssh-key.ts';
import { openDb, type SqlValue } from '../../../shared/system/db.ts';
import { whoseXoid } from '../../../xs/pages/sign-in/sign-on.ts';
import { formatAuthorizedKeys } from '../../../xs/registration/authorized-keys.ts';
import { importIdmgr, judgeOldKey } from '../../../xs/registration/idmgr-import.ts';
import type { Laptop } from '../../../xs/registration/laptop-record.ts';
import type { Registrations } from '../../../xs/registration/registration.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { refusedLater } from '../../shared/refused.ts';
import { nameOf, putRaw, snapshotRaw } from '../legacy/original-library.ts';
import { ed25519, enrol, makeLibrary, openRegistrations, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';

const test = suite('the laptops of the old server are taken over');

/** As the identity manager of the old server made it. */
const TABLE = `CREATE TABLE laptops (
  serial VARCHAR(20) NOT NULL, nickname VARCHAR(200) NOT NULL, full_name VARCHAR(100) NOT NULL,
  pubkey TEXT NOT NULL, uuid VARCHAR(100), lastmodified TEXT DEFAULT '1970-11-12 12:34:56',
  class_group INTEGER, PRIMARY KEY (serial))`;

async function makeDatabase(folder: string, rows: readonly SqlValue[][]): Promise<string> {
  const path = join(folder, 'identity.db');
  await using db = await openDb(path, [TABLE]);
  const insert =
    "INSERT INTO laptops (serial, nickname, full_name, pubkey, uuid) VALUES (?, ?, '', ?, ?)";
  await db.runMany(insert, rows);
  await db.run('PRAGMA journal_mode = DELETE');
  return path;
}

const run = (path: string, registrations: Registrations) =>
  importIdmgr(path, (laptop) => registrations.takeOver(laptop), AbortSignal.any([]));

test('each may log in and back up; reading and a key of its own still need a teacher', async () => {
  using library = makeLibrary();
  const registrations = openRegistrations(library);
  const [jim, ana] = [serialOf(1), serialOf(2)];
  putRaw(inLaptop(library.paths, jim).original, uidOf(1), { title: 'old' });
  snapshotRaw(library.paths, jim, nameOf(8));
  const path = await makeDatabase(library.folder, [
    [jim, 'Jim', dsaKey(1), 'uuid-1'],
    [ana, 'Ana Ñusta', `ssh-dss ${dsaKey(2)}`, null],
  ]);
  const before = readFileSync(path);
  const { laptops, refused } = await run(path, registrations);
  assert.equal(
    laptops.map(({ serial, result }) => [serial, result]),
    [
      [jim, 'imported'],
      [ana, 'imported'],
    ],
  );
  assert.equal(refused, []);
  assert.equal(readFileSync(path), before, 'the database is only read');
  assert.ok(registrations.isActive(jim) && registrations.isActive(ana));
  const again = openRegistrations(library);
  assert.is(again.get(ana)?.nick, 'Ana Ñusta');
  const keys = () => formatAuthorizedKeys(library.paths, 'ds-receive', again.all());
  assert.match(keys().get(jim) ?? '', `${jim} original" ssh-dss `);
  assert.is(enrol(again, jim, 'uuid-1', ed25519(1)), 'pending');
  assert.is(again.register(jim, 'Jim', 'uuid-1', dsaKey(1)), 'accepted');
  assert.match(keys().get(jim) ?? '', `${jim} original" ssh-dss `);
  assert.equal(
    (await run(path, again)).laptops.map(({ result }) => result),
    ['known', 'known'],
  );
});

test('a key that waits because the serial holds something is taken; an approved one may read', async () => {
  using library = makeLibrary();
  const registrations = openRegistrations(library);
  const jim = serialOf(1);
  putRaw(inLaptop(library.paths, jim).original, uidOf(1), { title: 'old' });
  assert.is(registrations.register(jim, 'Jim', 'uuid-1', dsaKey(1)), 'pending');
  assert.is(registrations.register(jim, 'Jim', 'uuid-1', dsaKey(2)), 'pending');
  const path = await makeDatabase(library.folder, [[jim, 'Jim', dsaKey(1), 'uuid-1']]);
  await run(path, registrations);
  assert.equal(
    registrations.get(jim)?.pending.map(({ key }) => key),
    [parsePublicKey(dsaKey(2)).line],
  );
  assert.ok(registrations.get(jim)?.imported);
  registrations.approvals.byFingerprint(jim, 'sugar', parsePublicKey(dsaKey(2)).fingerprint);
  assert.is(registrations.get(jim)?.imported, undefined);
  const keys = formatAuthorizedKeys(library.paths, 'ds-receive', registrations.all());
  assert.match(keys.get(jim) ?? '', `${jim}" ssh-dss `);
});

test('a row that cannot be used stops no other; what is no such database is refused', async () => {
  using library = makeLibrary();
  const registrations = openRegistrations(library);
  const path = await makeDatabase(library.folder, [
    ['../../etc', 'x', dsaKey(1), 'u'],
    [serialOf(1), 'x', 'not a key', 'u'],
    [7, Buffer.from([0xff]), '', null],
    [serialOf(2), 'Ana', dsaKey(2), 'u'],
  ]);
  const { laptops, refused } = await run(path, registrations);
  assert.equal([laptops.length, refused.length], [1, 3]);
  const junk = join(library.folder, 'junk');
  writeFileSync(junk, 'this is not a database\n'.repeat(100));
  await refusedLater(run(junk, registrations), 'unreadable', /not the database of an identity/);
  await refusedLater(run(join(library.folder, 'none'), registrations), 'unreadable', /cannot read/);
});

function sha1Of(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

const [OLD, NEW] = [parsePublicKey(dsaKey(1)), parsePublicKey(dsaKey(2))];
const RECORD = { keys: { sugar: null, own: null }, retired: null, rejected: [] };
const VERDICTS: [string, Partial<Pick<Laptop, 'keys' | 'retired' | 'rejected'>>][] = [
  ['accept', {}],
  ['known', { keys: { sugar: OLD.line, own: null } }],
  ['other-key', { keys: { sugar: NEW.line, own: null } }],
  ['own-key', { keys: { sugar: null, own: ed25519(1) } }],
  ['rejected', { rejected: [OLD.fingerprint] }],
  ['retired', { retired: '2026-01-01T00:00:00Z' }],
];
for (const [verdict, record] of VERDICTS) {
  test(`a laptop that is registered already: ${verdict}`, () => {
    assert.is(
      judgeOldKey({ ...RECORD, ...record }, { key: OLD.line, fingerprint: OLD.fingerprint }),
      verdict,
    );
  });
}

test('the cookie of Browse does not open what is stored for a key of the old server', () => {
  const keys = { sugar: OLD.line, own: null };
  const hash = '{"pkey_hash": "HASH"}';
  const cookie = hash.replace('HASH', sha1Of(OLD.base64));
  assert.is(whoseXoid(cookie, new Map([[serialOf(1), { keys }]])), serialOf(1));
  const imported = { keys, imported: '2026-01-01T00:00:00Z' };
  assert.is(whoseXoid(cookie, new Map([[serialOf(1), imported]])), undefined);
});

test('"adopt --idmgr" names what it took over; --dry-run changes nothing', async () => {
  await using whole = await openWhole();
  const path = await makeDatabase(whole.library.paths.state, [
    [serialOf(1), 'Jim', dsaKey(2), 'u'],
    ['bad', 'x', dsaKey(3), 'u'],
  ]);
  await refusedLater(whole.command('adopt', [], { idmgr: 'identity.db' }), 'usage', /whole path/);
  const dry = await whole.command('adopt', [], { idmgr: path, 'dry-run': true });
  assert.match(dry, '1 laptop to take over');
  assert.is(whole.library.registrations.get(serialOf(1)), undefined);
  const done = await whole.command('adopt', [], { idmgr: path });
  assert.match(done, `1 laptop taken over from ${path}`);
  assert.match(done, 'bad  NOT taken over');
  assert.ok(whole.library.registrations.isActive(serialOf(1)));
  assert.match(await whole.command('audit', [serialOf(1)]), 'imported');
});

test.run();
