import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { silentLog } from '../../../shared/log.ts';
import { parsePublicKey } from '../../../shared/ssh/ssh-key.ts';
import { Audit, readAudit } from '../../../xs/registration/audit.ts';
import { inAudit } from '../../../xs/storage/paths.ts';
import { makeLibrary, SERIAL, type TestLibrary } from '../library.ts';
import { dsaKey, openWhole, serialOf, testClock } from '../whole.ts';

const test = suite('the audit log: who was let in, and who decided it');

function begin(library: TestLibrary, start = '2026-03-02T08:00:00Z') {
  const clock = testClock(start);
  const { paths } = library;
  const open = () => new Audit({ paths, clock, log: silentLog });
  return { clock, paths, open, audit: open(), events: () => readAudit(paths) };
}

test('every step is a line with its time, in the file of its month', () => {
  using library = makeLibrary();
  const { clock, paths, audit } = begin(library);
  audit.admitted('registered', SERIAL, { nick: 'Jocinta', address: '10.0.0.1' });
  clock.pass(30 * DAY_MS);
  audit.decided('aliased', SERIAL, { of: serialOf(1) });
  audit.decided('window-opened', null, { minutes: 10 });
  assert.equal(readdirSync(inAudit(paths).folder).sort(), ['2026-03.jsonl', '2026-04.jsonl']);
  const first = { nick: 'Jocinta', address: '10.0.0.1' };
  assert.equal(
    readAudit(paths).map(({ time, event, who, details }) => [time, event, who, details]),
    [
      ['2026-03-02T08:00:00.000Z', 'registered', 'laptop', first],
      ['2026-04-01T08:00:00.000Z', 'aliased', 'admin', { of: serialOf(1) }],
      ['2026-04-01T08:00:00.000Z', 'window-opened', 'admin', { minutes: 10 }],
    ],
  );
  assert.equal(
    readAudit(paths, serialOf(1)).length,
    1,
    'the laptop that was replaced is concerned',
  );
  assert.equal(readAudit(paths, serialOf(9)), []);
});

test('laptops cause at most 200 lines a day, also over restarts; decisions are always written', () => {
  using library = makeLibrary();
  const { clock, audit, open, events } = begin(library);
  for (let n = 0; n < 150; n += 1) audit.asking('waiting', serialOf(n)).now();
  const again = open();
  for (let n = 150; n < 400; n += 1) again.asking('waiting', serialOf(n)).now();
  again.decided('approved', SERIAL);
  assert.is(events().length, 202);
  assert.equal(
    events()
      .slice(-2)
      .map(({ event }) => event),
    ['more-not-written', 'approved'],
  );
  open().asking('waiting', SERIAL).now();
  assert.is(events().filter(({ event }) => event === 'more-not-written').length, 1);
  assert.is(events().length, 202);
  open().admitted('registered', SERIAL, {});
  open().admitted('key-accepted', SERIAL, {});
  assert.is(events().length, 204, 'junk hides nobody who was let in');
  clock.pass(DAY_MS);
  open().asking('waiting', SERIAL).now();
  assert.is(events().length, 205, 'the next day has its own 200');
});

test('a line that a power cut tore is left out, and the next one is whole', async () => {
  using library = makeLibrary();
  const { paths, audit, events } = begin(library);
  audit.decided('retired', SERIAL);
  appendFileSync(inAudit(paths).month('2026-03'), '{"time":"2026-03-02T08:0');
  audit.decided('unretired', SERIAL);
  assert.equal(
    events().map(({ event }) => event),
    ['retired', 'unretired'],
  );
  appendFileSync(inAudit(paths).month('2026-03'), '{"time":"2026-03-02T08:0');
  await audit.admitting('registered', SERIAL, {}).aside();
  assert.is(events().at(-1)?.event, 'registered');
});

test('sixty months are kept', () => {
  using library = makeLibrary();
  const { clock, paths, audit } = begin(library, '2020-01-15T08:00:00Z');
  for (let month = 0; month < 70; month += 1) {
    clock.time = Date.UTC(2020, month, 15);
    audit.decided('retired', SERIAL);
  }
  const kept = readdirSync(inAudit(paths).folder).sort();
  assert.equal([kept.length, kept[0], kept[59]], [60, '2020-11.jsonl', '2025-10.jsonl']);
});

test('a record that cannot be written stops nobody', () => {
  using library = makeLibrary();
  const { paths, audit } = begin(library);
  writeFileSync(inAudit(paths).folder, 'a file in its place');
  audit.decided('retired', SERIAL);
  assert.equal(readAudit(paths), []);
});

test('what is there and no record is passed over', () => {
  using library = makeLibrary();
  const { paths, audit, events } = begin(library);
  mkdirSync(inAudit(paths).folder);
  writeFileSync(inAudit(paths).month('2026-02'), 'null\n[]\n{"event":"registered"}\n\u0000\n');
  writeFileSync(`${inAudit(paths).folder}/notes.txt`, 'x');
  audit.decided('retired', SERIAL);
  assert.is(events().length, 1);
});

test('the command shows all of it, or what concerns one laptop', async () => {
  await using whole = await openWhole('[registration]\npolicy = "window"');
  const { library, command } = whole;
  await command('register-window', ['5']);
  library.registrations.register(serialOf(1), 'Ana', 'u', dsaKey(2), '10.0.0.9');
  library.registrations.register(serialOf(1), 'Ana', 'u', dsaKey(3), '10.0.0.9');
  await command('reject', [serialOf(1), parsePublicKey(dsaKey(3)).fingerprint]);
  await command('retire', [serialOf(1)]);
  await command('unretire', [serialOf(1)]);
  await command('register-window', ['0']);
  const told = await command('audit', [serialOf(1)]);
  assert.match(told, `${serialOf(1)}  Ana  registered  by laptop  nick Ana  address 10.0.0.9`);
  const { audit } = JSON.parse(await command('audit', [], { json: true }));
  const events = audit.map(({ event }: { event: string }) => event);
  assert.equal(events.slice(-7), [
    'window-opened',
    'registered',
    'waiting',
    'rejected',
    'retired',
    'unretired',
    'window-closed',
  ]);
  const raw = readFileSync(inAudit(library.paths).month('2026-03'), 'utf8');
  assert.is(raw.trimEnd().split('\n').length, audit.length);
});

test('what is done in the name of a teacher carries the name, also in what it starts', async () => {
  await using whole = await openWhole();
  const { audit, registrations, paths } = whole.library;
  await audit.inNameOf('Rosa', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    registrations.retire(SERIAL);
  });
  registrations.unretire(SERIAL);
  const by = readAudit(paths, SERIAL).map(({ event, who, name }) => [event, who, name]);
  assert.equal(by.slice(-2), [
    ['retired', 'teacher', 'Rosa'],
    ['unretired', 'admin', undefined],
  ]);
  assert.match(await whole.command('audit'), /retired +by teacher Rosa\n/);
});

test.run();
