/**
 * What a child offers to the class: with a teacher's yes it is there, without one it is not, and each way to
 * lose the content ends the offer first.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { parseClassOffers } from '../../../shared/protocol/messages.ts';
import { mayOffer } from '../../../xs/api/class-page.ts';
import { MAX_OFFERS } from '../../../xs/class-page/offer.ts';
import { readOffers, writeOffers } from '../../../xs/class-page/offer-file.ts';
import { offerVersion } from '../../../xs/pins/offering.ts';
import { pinEntry } from '../../../xs/pins/pinning.ts';
import { listPins } from '../../../xs/pins/pins.ts';
import { inLaptop, inLibrary } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { listTrash } from '../../../xs/storage/trash.ts';
import { waitFor } from '../../runner/patience.ts';
import { refused, refusedLater } from '../../shared/refused.ts';
import { awayOf, backUp, ed25519, enrol, type JournalEntry, SERIAL, uidOf } from '../library.ts';
import { dsaKey, serialOf } from '../whole.ts';
import { BOAT, type ClassSchool, FISH, JIM, openClass } from './school.ts';

const test = suite('what children offer to the class');

const states = ({ library }: ClassSchool, serial = SERIAL) =>
  readOffers(library.paths, serial).offers.map(({ uid, state }) => `${uid} ${state}`);
const pins = ({ library }: ClassSchool, serial = SERIAL) =>
  listPins(library.paths, serial).map(
    ({ uid, forClass }) => `${uid}${forClass ? ' for class' : ''}`,
  );
const events = ({ library }: ClassSchool) =>
  readFileSync(join(library.paths.library, '.audit', '2026-03.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.includes('"class-') ? [JSON.parse(line).event] : []));

test('offered, it waits; a yes, a no and another yes each hold; taken back, nothing is left', async () => {
  await using school = await openClass();
  const told = await school.offer(SERIAL, FISH);
  assert.is(told.status, 200);
  assert.is(parseClassOffers(told.body).offers.length, 1);
  assert.equal(
    told.body.offers?.map(({ uid, state }) => `${uid} ${state}`),
    [`${FISH} offered`],
  );
  assert.equal(pins(school), [`${FISH} for class`]);
  assert.match(await school.say('yes', FISH), /^The fish of Jocinta: on the class page$/m);
  assert.equal(states(school), [`${FISH} approved`]);
  assert.match(await school.say('no', FISH), /not on the class page/);
  assert.equal(states(school), [`${FISH} refused`]);
  await school.offer(SERIAL, FISH);
  assert.equal(states(school), [`${FISH} refused`], 'asking again is no way around a no');
  await school.say('yes', FISH);
  const back = await school.takeBack(SERIAL, FISH);
  assert.equal(back.body.offers, []);
  assert.equal(pins(school), []);
  assert.not(existsSync(inLaptop(school.library.paths, SERIAL).classPage));
  assert.is((await school.takeBack(SERIAL, FISH)).status, 404);
  assert.equal(events(school), [
    ...['class-page-on', 'class-approved', 'class-refused', 'class-approved'],
  ]);
});

test('a laptop that anybody may have made up offers nothing under the name of a child', async () => {
  await using school = await openClass();
  const { registrations } = school.library;
  const made = serialOf(66);
  registrations.register(made, 'Jocinta', 'u', dsaKey(66));
  await backUp(school, new Map([[FISH, { title: 'bad', content: 'words' }]]), made);
  const told = await school.offer(made, FISH);
  assert.equal([told.status, told.body.code], [403, 'server-refused']);
  enrol(registrations, made, 'u', ed25519(66));
  assert.equal((await school.offer(made, FISH)).status, 403);
  assert.equal([states(school, made), pins(school, made)], [[], []]);
  assert.not(mayOffer(school.library, made), 'its Journal has no "My class"');
  assert.is(await school.standing(made, FISH), undefined, 'nor its activity "For my class"');
  registrations.approvals.byCode(made, '123456');
  assert.is((await school.offer(made, FISH)).status, 200);
  assert.ok(mayOffer(school.library, made));
  assert.is(await school.standing(made, FISH), 'offered');
  assert.is(await school.standing(SERIAL, FISH), 'none');
  await school.command('class-page', ['off']);
  assert.not(mayOffer(school.library, made));
});

test('taken back or refused at once, whatever the server is busy with for an hour', async () => {
  await using school = await openClass();
  const { library } = school;
  await school.offer(SERIAL, FISH);
  await school.offer(JIM, BOAT);
  for (const { id } of (await school.listed()).offers) {
    await school.command('class-page', [id, 'yes']);
  }
  let end = () => {};
  const busy = library.workQueue.run(() => new Promise<void>((resolve) => (end = resolve)));
  const back = school.takeBack(SERIAL, FISH);
  await school.say('no', BOAT);
  await waitFor('the page to be empty', async () => {
    return (await school.listed()).offers.every(({ state }) => state === 'refused');
  });
  assert.equal(pins(school), [`${FISH} for class`], 'what is kept for it waits for its turn');
  end();
  await busy;
  assert.is((await back).status, 200);
  assert.equal([pins(school), states(school)], [[], []]);
});

test('each offer has an address of its own, which nobody can foresee', async () => {
  await using school = await openClass();
  const ids = new Set<string>();
  for (let n = 0; n < 10; n += 1) {
    await school.offer(SERIAL, FISH);
    const [offer] = (await school.listed()).offers;
    assert.match(offer?.id ?? '', /^[0-9a-f]{32}$/);
    ids.add(offer?.id ?? '');
    await school.takeBack(SERIAL, FISH);
  }
  assert.is(ids.size, 10);
});

test('what the child pins as well stays when the offer ends, and what she had pinned too', async () => {
  await using school = await openClass();
  const snapshot = newestSnapshot(school.library.paths, SERIAL)?.name;
  await school.ask(SERIAL, 'PUT', `/v1/pins/${FISH}`, { snapshot });
  await school.offer(SERIAL, FISH);
  await school.offer(SERIAL, BOAT);
  await school.ask(SERIAL, 'PUT', `/v1/pins/${BOAT}`, { snapshot });
  assert.equal(pins(school), [FISH, BOAT]);
  await school.takeBack(SERIAL, FISH);
  await school.takeBack(SERIAL, BOAT);
  assert.equal(pins(school), [FISH, BOAT]);
});

test('kept at school while it is offered: the only copy outlives the offer', async () => {
  await using school = await openClass();
  const { library } = school;
  await school.offer(SERIAL, FISH);
  const snapshot = newestSnapshot(library.paths, SERIAL);
  assert.ok(snapshot);
  pinEntry(library, SERIAL, snapshot, FISH, { limit: 1e9, kept: true });
  await school.takeBack(SERIAL, FISH);
  assert.equal(pins(school), [FISH]);
});

test('unpinned, it is off the page before the pin is gone, and nobody brings a yes back from the trash', async () => {
  await using school = await openClass();
  const { library, command } = school;
  await school.offer(SERIAL, FISH);
  await school.say('yes', FISH);
  await school.ask(SERIAL, 'DELETE', `/v1/pins/${FISH}`);
  assert.equal(states(school), []);
  const [item] = listTrash(library.paths, SERIAL);
  await command('undelete', [SERIAL, item?.name ?? '']);
  assert.is(pins(school).length, 1);
  assert.equal((await school.listed()).offers, []);
});

test('retired, forgotten or with what was held dropped: nothing of it is offered, then or later', async () => {
  await using school = await openClass();
  const { library, command } = school;
  for (const serial of [SERIAL, JIM]) await school.offer(serial, FISH);
  for (const { id } of (await school.listed()).offers) await command('class-page', [id, 'yes']);
  await command('retire', [SERIAL]);
  assert.equal(states(school), []);
  await command('unretire', [SERIAL]);
  await command('forget', [JIM], { 'with-backups': true });
  await command('undelete', [JIM, 'laptop']);
  assert.ok(library.registrations.get(JIM));
  assert.equal((await school.listed()).offers, []);

  school.clock.pass(DAY_MS);
  const many = Array.from({ length: 20 }, (_, n): [ReturnType<typeof uidOf>, JournalEntry] => {
    return [uidOf(n + 10), { title: `${n}`, content: 'x'.repeat(500) }];
  });
  await backUp(school, new Map(many), JIM);
  school.clock.pass(DAY_MS);
  const lost = await backUp(school, new Map([[BOAT, { title: 'left', content: 'l' }]]), JIM);
  assert.is(lost.state, 'held');
  const name = 'snapshot' in lost ? lost.snapshot : '';
  const told = await school.ask(JIM, 'PUT', `/v1/class/${BOAT}`, { snapshot: name });
  assert.is(told.status, 200, JSON.stringify(told));
  await command('drop', [JIM]);
  assert.equal(states(school, JIM), []);
});

test('cleanup, thinning and a Journal that goes on leave it where it is', async () => {
  await using school = await openClass(undefined, {
    settings: '[retention]\nkeepAllDays = 10\nkeepLast = 3',
  });
  await school.offer(SERIAL, FISH);
  await school.say('yes', FISH);
  for (let n = 0; n < 45; n += 1) {
    school.clock.pass(DAY_MS);
    await backUp(school, new Map([[FISH, { title: `${n}`, content: `another fish ${n}` }]]));
  }
  await school.command('cleanup');
  const [offer, ...more] = (await school.listed()).offers;
  assert.equal([offer?.title, offer?.state, more.length], ['The fish', 'approved', 0]);
});

test('so many at once and no more, and none beyond what pins may take', async () => {
  await using school = await openClass();
  const { library } = school;
  await school.offer(SERIAL, FISH);
  const [offer] = readOffers(library.paths, SERIAL).offers;
  assert.ok(offer);
  const others = Array.from({ length: MAX_OFFERS - 1 }, (_, n) => ({
    ...offer,
    uid: uidOf(n + 10),
  }));
  writeOffers(library.paths, SERIAL, [offer, ...others]);
  const full = await school.offer(SERIAL, BOAT);
  assert.equal([full.status, full.body.code], [507, 'over-quota']);
  await school.takeBack(SERIAL, uidOf(10));
  assert.is((await school.offer(SERIAL, BOAT)).status, 200);
  assert.equal(pins(school), [`${FISH} for class`, `${BOAT} for class`]);

  const snapshot = newestSnapshot(library.paths, JIM);
  assert.ok(snapshot);
  const offering = { snapshot, uid: FISH, nick: 'Jim', colors: null, limit: 10 };
  refused(() => offerVersion(library, JIM, offering), 'over-quota', /may take 10 bytes/);
  assert.equal([states(school, JIM), pins(school, JIM)], [[], []]);
});

test('in a loop of offering and taking back, the disk is written to twenty times an hour', async () => {
  await using school = await openClass();
  let refused = 0;
  for (let n = 0; n < 60; n += 1) {
    if ((await school.offer(SERIAL, FISH)).status === 403) refused += 1;
    await school.takeBack(SERIAL, FISH);
  }
  assert.is(refused, 40);
  assert.is((await school.offer(JIM, FISH)).status, 200, 'another child does not wait');
});

test('what is kept apart, and a bundle with everything in it, cannot be offered', async () => {
  const drawn = { title: 'The fish', content: 'drawn' };
  await using school = await openClass({
    [FISH]: awayOf(FISH, drawn),
    [BOAT]: {
      title: 'all',
      content: 'PK',
      properties: { mime_type: 'Application/vnd.olpc-journal-entry; x=1' },
    },
  });
  assert.match((await school.offer(SERIAL, FISH)).body.message ?? '', /kept apart/);
  assert.match((await school.offer(SERIAL, BOAT)).body.message ?? '', /holds more than the class/);
  assert.is((await school.offer(SERIAL, uidOf(77))).status, 404);
  assert.equal([states(school), pins(school)], [[], []]);
});

test('a damaged file is one laptop’s: it offers nothing, is named, and clearing it mends it', async () => {
  await using school = await openClass();
  const { library, command } = school;
  await school.offer(SERIAL, FISH);
  await school.say('yes', FISH);
  await school.offer(JIM, FISH);
  const { classPage } = inLaptop(library.paths, SERIAL);
  const whole = readFileSync(classPage, 'utf8');
  for (const text of ['', whole.slice(0, 40), 'x'.repeat(70_000), whole.replace('approved', 'x')]) {
    writeFileSync(classPage, text);
    const { offers, damaged } = await school.listed();
    assert.equal([offers.map((one) => one.serial), damaged], [[JIM], [SERIAL]]);
  }
  assert.match(await command('class-page'), /what CSN74803BB1 \(Jocinta\) offers cannot be read/);
  const status = JSON.parse(await command('status', [], { json: true }));
  assert.equal(status.concerns, ['damaged-laptops']);
  assert.match(
    await command('damage'),
    /^CSN74803BB1 Jocinta: 1 file\n {2}unreadable: \.class-page\.json$/m,
  );
  await command('class-page', [SERIAL, 'clear']);
  assert.equal((await school.listed()).damaged, []);
  assert.match(await command('damage'), /no damage is known/);
  await school.takeBack(SERIAL, FISH); // the pin that was left
  assert.equal(pins(school), []);
  await school.offer(SERIAL, FISH);
  assert.equal(states(school), [`${FISH} offered`]);
  rmSync(classPage);
  mkdirSync(classPage);
  assert.equal((await school.listed()).damaged, [SERIAL], 'a folder in its place');
});

test('switched off, no address is there; switched on again, all is as it was', async () => {
  await using school = await openClass();
  await school.offer(SERIAL, FISH);
  await school.say('yes', FISH);
  await school.command('class-page', ['off']);
  const nowhere = await school.ask(SERIAL, 'GET', '/v1/nowhere');
  assert.equal(await school.ask(SERIAL, 'GET', '/v1/class'), nowhere);
  for (const uid of [FISH, BOAT]) assert.equal((await school.offer(SERIAL, uid)).status, 404);
  const id = (await school.listed()).offers[0]?.id ?? '';
  await refusedLater(school.command('class-page', [id, 'yes']), 'usage', /no class page/);
  writeFileSync(inLibrary(school.library.paths).classPage, '{');
  assert.is((await school.listed()).on, false, 'a damaged switch is off');
  await school.command('class-page', ['on']);
  assert.equal(states(school), [`${FISH} approved`]);
});

test('two hundred attempts at what another child offers change nothing', async () => {
  await using school = await openClass();
  await school.offer(SERIAL, FISH);
  await school.say('yes', FISH);
  const snapshot = newestSnapshot(school.library.paths, SERIAL)?.name;
  const before = readOffers(school.library.paths, SERIAL);
  const attempts: [Parameters<ClassSchool['ask']>[1], string, object?][] = [];
  for (const uid of [FISH, BOAT, '..', '%2e%2e', `${SERIAL}/${FISH}`, 'x'.repeat(300), uidOf(9)]) {
    for (const more of ['', '?digest=x', `?of=${SERIAL}`, '?digest=', `?serial=${SERIAL}`]) {
      attempts.push(['DELETE', `/v1/class/${uid}${more}`]);
      attempts.push(['GET', `/v1/class/${uid}${more}`]);
      for (const body of [
        {},
        { snapshot: '../x' },
        { snapshot, serial: SERIAL },
        { snapshot: 7 },
      ]) {
        attempts.push(['PUT', `/v1/class/${uid}${more}`, body]);
      }
    }
  }
  assert.ok(attempts.length >= 200, `${attempts.length}`);
  for (const [method, path, body] of attempts) {
    const { status } = await school.ask(JIM, method, path, body);
    assert.ok(status >= 400 && status < 500, `${method} ${path}: ${status}`);
  }
  assert.equal(readOffers(school.library.paths, SERIAL), before);
  assert.equal(states(school, JIM), []);
});

test('wrong words at the terminal change nothing and say what is right', async () => {
  await using school = await openClass();
  await school.offer(SERIAL, FISH);
  const wrong = [['maybe'], ['on', 'x'], ['yes'], ['zz', 'yes'], ['ab', 'yes'], ['../..', 'no']];
  for (const args of wrong) await refusedLater(school.command('class-page', args), 'usage', /./);
  await refusedLater(school.command('class-page', ['0'.repeat(32), 'yes']), 'not-found', /nobody/);
  await refusedLater(
    school.command('class-page', [serialOf(99), 'clear']),
    'not-registered',
    /no laptop/,
  );
  assert.equal(states(school), [`${FISH} offered`]);
});

test.run();
