import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DsError } from '../../../shared/errors.ts';
import { parseSerial } from '../../../shared/ids.ts';
import { parsePublicKey } from '../../../shared/ssh/ssh-key.ts';
import { AuthorizedKeys, formatAuthorizedKeys } from '../../../xs/registration/authorized-keys.ts';
import { inLaptop, inState } from '../../../xs/storage/paths.ts';
import { refused } from '../../shared/refused.ts';
import { ed25519, enrol, makeLibrary, openRegistrations } from '../library.ts';

const test = suite('who may register, and with which key');

const serial = parseSerial('SHC00800000');
const open = openRegistrations;
const fingerprint = (n: number) => parsePublicKey(ed25519(n)).fingerprint;

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DsError) return error.code;
    throw error;
  }
  return 'no error';
}

test('the first key of a new serial is accepted and survives a restart', () => {
  using library = makeLibrary();
  assert.is(open(library).register(serial, 'Jim', 'u1', ed25519(1)), 'accepted');
  const again = open(library).get(serial);
  assert.is(again?.nick, 'Jim');
  assert.is(again?.keys.sugar, ed25519(1));
});

test('the nick of a laptop that nobody knows is empty, and so is that of no serial', () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  const asked = [serial, 'SHC00800001', '', '__proto__'];
  assert.equal(
    asked.map((one) => registrations.nickOf(one)),
    ['Jim', '', '', ''],
  );
});

test('the same key again is accepted, a changed one waits and does not replace it', () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  assert.is(registrations.register(serial, 'Jim', 'u1', ed25519(1)), 'accepted');
  assert.is(registrations.register(serial, 'Eve', 'u1', ed25519(2)), 'pending');
  assert.is(registrations.get(serial)?.keys.sugar, ed25519(1));
  assert.is(registrations.get(serial)?.nick, 'Jim');
});

test('an own key is accepted with the right uuid and waits with another', () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  assert.is(enrol(registrations, serial, 'other', ed25519(3)), 'pending');
  assert.is(enrol(registrations, serial, 'u1', ed25519(4)), 'accepted');
  assert.is(enrol(registrations, serial, 'u1', ed25519(5)), 'pending');
  const { approvals } = registrations;
  approvals.byFingerprint(serial, 'own', fingerprint(5));
  assert.is(registrations.get(serial)?.keys.own, ed25519(5));
  assert.equal(registrations.get(serial)?.pending, []);
  refused(() => approvals.byFingerprint(serial, 'own', fingerprint(3)), 'not-found');
});

test('a flood of changed keys keeps the first few, and refuses the others', () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  const code = (n: number) =>
    codeOf(() => registrations.register(serial, 'Eve', 'u1', ed25519(n), `10.0.0.${n}`));
  const codes = Array.from({ length: 198 }, (_, n) => code(n + 2));
  assert.is(codes.filter((one) => one === 'server-refused').length, 190);
  assert.is(registrations.get(serial)?.pending.length, 8);
  assert.is(registrations.get(serial)?.pending[0]?.key, ed25519(2));
  assert.ok(readFileSync(inLaptop(library.paths, serial).registration).length < 5000);
});

test('registration can be switched off; known laptops go on', () => {
  using library = makeLibrary();
  open(library).register(serial, 'Jim', 'u1', ed25519(1));
  const closed = open(library, { rules: { policy: 'closed' } });
  assert.is(
    codeOf(() => closed.register(parseSerial('CSN74803BB1'), 'x', 'u', ed25519(2))),
    'server-refused',
  );
  assert.is(closed.register(serial, 'Jim', 'u1', ed25519(1)), 'accepted');
});

test('an unknown laptop cannot enrol, and nonsense is no key', () => {
  using library = makeLibrary();
  const registrations = open(library);
  assert.is(
    codeOf(() => enrol(registrations, serial, 'u', ed25519(1))),
    'not-registered',
  );
  for (const bad of [
    '',
    'ssh-ed25519',
    'AAAA',
    `${ed25519(1)}\nssh-rsa AAAA`,
    'command="id" ssh-ed25519 AAAA',
  ]) {
    const code = codeOf(() => registrations.register(serial, 'x', 'u', bad));
    const kept = registrations.get(serial)?.keys.sugar;
    assert.ok(code === 'bad-input' || kept === ed25519(1), JSON.stringify(bad));
  }
});

test('a damaged registration is reported and does not stop the others', () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  registrations.register(parseSerial('CSN74803BB1'), 'Ana', 'u2', ed25519(2));
  const { registration, registrationCopy } = inLaptop(library.paths, serial);
  for (const path of [registration, registrationCopy]) writeFileSync(path, '{"version":1');
  const again = open(library);
  assert.is(again.get(serial), undefined);
  assert.equal(again.unreadable(), [serial]);
  assert.is(again.get(parseSerial('CSN74803BB1'))?.nick, 'Ana');
});

test('authorized keys confine each key to the session script of its laptop', () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'command="id"', 'u1', ed25519(1));
  enrol(registrations, serial, 'u1', ed25519(2));
  const files = formatAuthorizedKeys(library.paths, 'ds-receive', registrations.all());
  assert.equal([...files.keys()].sort(), ['SHC00800000', 'ds-receive'], 'a file a login name');
  for (const text of files.values()) {
    assert.match(
      text,
      /^restrict,command="exec [\w./-]+\/ds-session [\w./-]+\/session\.conf SHC00800000( original)?" ssh-ed25519 [\w+/=]+\n$/,
    );
  }
  assert.match(files.get(serial) ?? '', ed25519(1));
  assert.match(files.get('ds-receive') ?? '', ed25519(2));
});

test("Sugar's key reads no Journal of a laptop that has a key of its own: a stranger may have been first", () => {
  using library = makeLibrary();
  const registrations = open(library);
  const login = () =>
    formatAuthorizedKeys(library.paths, 'ds-receive', registrations.all()).get(serial) ?? '';
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  assert.not.match(login(), 'original');
  enrol(registrations, serial, 'u1', ed25519(2));
  assert.match(login(), 'SHC00800000 original" ssh-ed25519 ');
});

test("an agent's key is one laptop's only; what two have opens none", () => {
  using library = makeLibrary();
  const registrations = open(library);
  const other = parseSerial('CSN74803BB1');
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  registrations.register(other, 'Ana', 'u2', ed25519(1));
  enrol(registrations, serial, 'u1', ed25519(2));
  const before = readFileSync(inLaptop(library.paths, other).registration, 'utf8');
  refused(() => enrol(registrations, other, 'u2', ed25519(2)), 'key-taken', /another laptop/);
  assert.is(readFileSync(inLaptop(library.paths, other).registration, 'utf8'), before);
  // It waits for a teacher, and meanwhile becomes the other's: a teacher's yes comes too late.
  enrol(registrations, other, 'u2', ed25519(3));
  enrol(registrations, other, 'u2', ed25519(4));
  const third = parseSerial('SHC00800001');
  registrations.register(third, 'Eve', 'u3', ed25519(5));
  enrol(registrations, third, 'u3', ed25519(4));
  refused(
    () => registrations.approvals.byFingerprint(other, 'own', fingerprint(4)),
    'key-taken',
    /another laptop/,
  );
  // From the time before this rule.
  const record = JSON.parse(readFileSync(inLaptop(library.paths, third).registration, 'utf8'));
  record.keys.own = ed25519(2);
  writeFileSync(inLaptop(library.paths, third).registration, JSON.stringify(record));
  const again = open(library);
  const agents = formatAuthorizedKeys(library.paths, 'ds-receive', again.all()).get('ds-receive');
  assert.is(agents?.includes(ed25519(2)), false);
  assert.is(agents?.includes(ed25519(3)), true);
  refused(() => enrol(again, serial, 'u1', ed25519(2)), 'key-taken', /another laptop/);
  again.retire(third);
  const rest = formatAuthorizedKeys(library.paths, 'ds-receive', again.all());
  assert.match(rest.get('ds-receive') ?? '', ed25519(2));
});

test('files of keys are written where they change, and go where they open nothing', () => {
  using library = makeLibrary();
  const registrations = open(library);
  const other = parseSerial('CSN74803BB1');
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  registrations.register(other, 'Ana', 'u2', ed25519(2));
  enrol(registrations, serial, 'u1', ed25519(3));
  const { keysFolder, keys } = inState(library.paths);
  mkdirSync(keysFolder, { recursive: true });
  writeFileSync(keys('ABC00000001'), 'a laptop that is gone');
  writeFileSync(keys(serial), 'torn');
  const files = new AuthorizedKeys(library.paths, library.ownership, 'ds-receive');
  files.update(registrations.all());
  assert.equal(readdirSync(keysFolder).sort(), [other, serial, 'ds-receive']);
  assert.match(readFileSync(keys(serial), 'utf8'), ed25519(1));
  const untouched = statSync(keys(other)).ino;
  registrations.retire(serial);
  files.update(registrations.all());
  assert.equal(readdirSync(keysFolder), [other]);
  assert.is(statSync(keys(other)).ino, untouched);
});

test('nick and uuid are kept without control characters, and cut', () => {
  using library = makeLibrary();
  const registrations = open(library);
  const nick = `Jim\u0000\u001b[2J\u202e\n${'x'.repeat(500)}`;
  registrations.register(serial, nick, ` u1\u0007${'y'.repeat(500)}`, ed25519(1));
  const kept = registrations.get(serial);
  assert.match(kept?.nick ?? '', /^Jim {2}\[2J {2}x+$/);
  assert.is(kept?.nick.length, 100);
  assert.is(kept?.uuid.length, 64);
  const again = enrol(registrations, serial, ` u1\u0007${'y'.repeat(500)}`, ed25519(2));
  assert.is(again, 'accepted', 'the same uuid is cut in the same way');
});

test('a record of version 1 is read, and is of version 3 after the next change', () => {
  using library = makeLibrary();
  library.addLaptop(serial);
  const path = inLaptop(library.paths, serial).registration;
  const old = {
    ...{ version: 1, serial, uuid: 'u1', nick: 'Jim', registered: '2026-01-01T00:00:00.000Z' },
    ...{ keys: { sugar: ed25519(1), own: null }, pending: [] },
  };
  writeFileSync(path, JSON.stringify(old));
  const registrations = open(library);
  assert.equal(registrations.get(serial)?.keys, old.keys);
  assert.is(JSON.parse(readFileSync(path, 'utf8')).version, 1);
  enrol(registrations, serial, 'u1', ed25519(2));
  const now = JSON.parse(readFileSync(path, 'utf8'));
  const { version, retired, rejected, alias, colors } = now;
  assert.equal([version, retired, rejected, alias, colors], [3, null, [], null, null]);
  assert.equal(open(library).get(serial)?.keys, { sugar: ed25519(1), own: ed25519(2) });
});

test('whose record is damaged cannot be impersonated by registering anew', () => {
  using library = makeLibrary();
  open(library).register(serial, 'Jim', 'u1', ed25519(1));
  const { registration: path, registrationCopy } = inLaptop(library.paths, serial);
  for (const one of [path, registrationCopy]) writeFileSync(one, 'junk');
  const registrations = open(library);
  refused(
    () => registrations.register(serial, 'Eve', 'u2', ed25519(9)),
    'server-refused',
    /damaged/,
  );
  assert.is(readFileSync(path, 'utf8'), 'junk');
});

test('a rejected key does not wait again, also after a restart, until it is allowed to', () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  registrations.register(serial, 'Jim', 'u1', ed25519(2));
  const second = fingerprint(2);
  assert.is(registrations.approvals.reject(serial, second), second);
  refused(() => registrations.approvals.reject(serial, second), 'not-found');
  const again = open(library);
  const before = readFileSync(inLaptop(library.paths, serial).registration, 'utf8');
  assert.is(again.register(serial, 'Jim', 'u1', ed25519(2)), 'pending');
  assert.is(readFileSync(inLaptop(library.paths, serial).registration, 'utf8'), before);
  assert.is(again.register(serial, 'Jim', 'u1', ed25519(3)), 'pending', 'others still wait');
  assert.is(again.get(serial)?.pending.length, 1);
  assert.is(again.approvals.byFingerprint(serial, 'sugar', second), 'unrejected');
  assert.is(again.get(serial)?.keys.sugar, ed25519(1));
  again.register(serial, 'Jim', 'u1', ed25519(2));
  again.approvals.byFingerprint(serial, 'sugar', second);
  assert.is(again.get(serial)?.keys.sugar, ed25519(2));
});

test('at most 32 rejected keys are remembered', () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  for (let n = 2; n < 50; n += 1) {
    registrations.register(serial, 'Eve', 'u1', ed25519(n), `10.0.0.${n}`);
    registrations.approvals.reject(serial, fingerprint(n));
  }
  assert.is(registrations.get(serial)?.rejected.length, 32);
});

test('approving names the key that was looked at, not one that came since', () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  registrations.register(serial, 'Jim', 'u1', ed25519(2));
  registrations.register(serial, 'Eve', 'u1', ed25519(3));
  registrations.approvals.byFingerprint(serial, 'sugar', fingerprint(2));
  assert.is(registrations.get(serial)?.keys.sugar, ed25519(2));
  refused(() => registrations.approvals.byFingerprint(serial, 'sugar', 'SHA256:x'), 'not-found');
});

test('a retired laptop has no authorised key, until it is taken back', () => {
  using library = makeLibrary();
  let changes = 0;
  const registrations = open(library);
  registrations.whenKeysChange(() => {
    changes += 1;
  });
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  const lines = () => [...formatAuthorizedKeys(library.paths, 'ds-receive', registrations.all())];
  const before = lines();
  assert.is(registrations.retire(serial), true);
  assert.is(registrations.retire(serial), false, 'twice is once');
  assert.equal([lines(), registrations.isActive(serial)], [[], false]);
  refused(
    () => registrations.register(serial, 'Jim', 'u1', ed25519(1)),
    'server-refused',
    /out of/,
  );
  refused(() => enrol(registrations, serial, 'u1', ed25519(2)), 'server-refused', /out of use/);
  assert.is(open(library).isActive(serial), false);
  assert.is(registrations.unretire(serial), true);
  assert.equal([lines(), registrations.isActive(serial)], [before, true]);
  assert.is(changes, 3);
});

test('a serial that holds something and has no key of its own needs a teacher for any key', () => {
  const holds: [string, (home: string) => string][] = [
    ['a snapshot of ours or a raw tree', (home) => join(home, 'datastore-2010-03-05_10:15')],
    ['a held one', (home) => join(home, 'held', 'datastore-2026-03-05_10:15')],
    ['a pin', (home) => join(home, 'pinned', 'x')],
    ["the original client's mirror", (home) => join(home, 'datastore-current', 'ab')],
  ];
  for (const [what, place] of holds) {
    using library = makeLibrary();
    mkdirSync(place(inLaptop(library.paths, serial).home), { recursive: true });
    const registrations = open(library);
    assert.is(registrations.register(serial, 'Eve', 'any', ed25519(1)), 'pending', what);
    assert.equal(registrations.get(serial)?.keys, { sugar: null, own: null }, what);
    assert.is(enrol(registrations, serial, 'any', ed25519(2)), 'pending', what);
    assert.equal([...formatAuthorizedKeys(library.paths, 'a', registrations.all())], [], what);
    registrations.approvals.byCode(serial, '123456');
    assert.equal(registrations.get(serial)?.keys, { sugar: null, own: ed25519(2) }, what);
    assert.equal(registrations.get(serial)?.pending, [], "nobody is asked about Sugar's key");
    assert.is(registrations.register(serial, 'Eve', 'any', ed25519(5)), 'pending');
    assert.equal(registrations.get(serial)?.pending, []);
  }
});

test("a laptop that Sugar's menu registered, and that has backups, needs a teacher for its own key", () => {
  using library = makeLibrary();
  const registrations = open(library);
  registrations.register(serial, 'Jim', 'u1', ed25519(1));
  const { home } = inLaptop(library.paths, serial);
  mkdirSync(join(home, 'datastore-current', 'ab'), { recursive: true });
  assert.is(enrol(registrations, serial, 'u1', ed25519(2)), 'pending');
  assert.is(registrations.get(serial)?.keys.own, null);
});

test.run();
