import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { quietKey } from '../../../xs/api/quiet-day.ts';
import { readAudit } from '../../../xs/registration/audit.ts';
import { readRecord } from '../../../xs/registration/laptop-record.ts';
import { meetAgent, readTwins } from '../../../xs/registration/twin-file.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { refusedLater } from '../../shared/refused.ts';
import { ed25519, SERIAL } from '../library.ts';
import { dsaKey, openWhole } from '../whole.ts';

const test = suite('while the record of a laptop is on its way to the disk');

const HIS = parseSerial('SHC00800000');
const HERS = parseSerial('SHC00800001');
const offer = (n: number) => {
  return {
    uuid: 'u',
    key: ed25519(n),
    codes: { code: '123456', answer: '654321' },
    address: 'here',
  };
};

test('two register with one serial: one is let in, the other waits, and both are told so', async () => {
  await using whole = await openWhole('');
  const { registrations, paths } = whole.library;
  const keys = [1, 2, 3].map(dsaKey);
  const told = await Promise.all(
    keys.map((key) => registrations.registerAside(HIS, 'x', 'u', key)),
  );
  assert.equal([...told].sort(), ['accepted', 'pending', 'pending']);
  const laptop = registrations.get(HIS);
  assert.match(laptop?.keys.sugar ?? '', keys[told.indexOf('accepted')] ?? 'none');
  assert.is(laptop?.pending.length, 2);
  assert.equal(readRecord(paths, HIS), laptop, 'the disk has what memory has');
  const events = readAudit(paths, HIS).map(({ event }) => event);
  assert.equal(events.sort(), ['registered', 'waiting', 'waiting']);
});

test('one key is offered for two laptops: it is that of one', async () => {
  await using whole = await openWhole('');
  const { registrations, paths } = whole.library;
  for (const [n, serial] of [HIS, HERS].entries())
    registrations.register(serial, 'x', 'u', dsaKey(n));
  const told = await Promise.allSettled(
    [HIS, HERS].map((one) => registrations.enrolAside(one, offer(5))),
  );
  assert.equal(told.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const owners = [HIS, HERS].filter((one) => readRecord(paths, one)?.keys.own);
  assert.is(owners.length, 1);
});

test('what a teacher decides meanwhile stays', async () => {
  await using whole = await openWhole('');
  const { registrations, paths } = whole.library;
  registrations.register(HIS, 'x', 'u', dsaKey(1));
  const enrolled = registrations.enrolAside(HIS, offer(5));
  registrations.retire(HIS);
  await refusedLater(enrolled, 'server-refused', /out of use/);
  const laptop = readRecord(paths, HIS);
  assert.ok(laptop?.retired);
  assert.is(laptop?.keys.own, null);
  assert.equal(registrations.get(HIS), laptop);
});

test('who asks for its quiet key twice at once gets one key', async () => {
  await using whole = await openWhole('');
  const { paths } = whole.library;
  const keys = await Promise.all([1, 2, 3].map(() => quietKey(paths, SERIAL)));
  keys.push(await quietKey(paths, SERIAL));
  assert.is(new Set(keys.map((key) => key.toString('base64'))).size, 1);
  assert.not.match(readdirSync(inLaptop(paths, SERIAL).home).join(), '.tmp');
});

test('agents that come at once with one key are all noted', async () => {
  await using whole = await openWhole('');
  const { library } = whole;
  const instances = ['a', 'b', 'c'].map((one) => one.repeat(32));
  const met = await Promise.allSettled(
    instances.map((instance) => meetAgent(library, SERIAL, { instance, base: '4' }, 5)),
  );
  assert.equal(met.map(({ status }) => status).sort(), ['fulfilled', 'rejected', 'rejected']);
  const noted = readTwins(library.paths, SERIAL);
  assert.equal([noted?.owner, ...(noted?.others ?? [])].sort(), instances);
});

test.run();
