/**
 * An offer that waits for its turn, and is taken back or may not be made any more before it comes; and taking back
 * while there is no class page.
 */
import { EventEmitter, once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseClassOffers } from '../../../shared/protocol/messages.ts';
import { readOffers } from '../../../xs/class-page/offer-file.ts';
import { listPins } from '../../../xs/pins/pins.ts';
import { ed25519, enrol, SERIAL } from '../library.ts';
import { BOAT, type ClassSchool, FISH, openClass } from './school.ts';

const test = suite('an offer never outlives what ends it');

const states = ({ library }: ClassSchool) =>
  readOffers(library.paths, SERIAL).offers.map(({ uid, state }) => `${uid} ${state}`);
const pins = ({ library }: ClassSchool) => listPins(library.paths, SERIAL).map(({ uid }) => uid);

type Ending = (school: ClassSchool) => Promise<unknown>;
const ENDINGS: [name: string, ending: Ending, status: number][] = [
  ['taken back', (school) => school.takeBack(SERIAL, FISH), 200],
  ['switched off', (school) => school.command('class-page', ['off']), 404],
  [
    'that of another child',
    async ({ library: { registrations } }) => {
      enrol(registrations, SERIAL, 'uuid', ed25519(99), { code: '222222' });
      registrations.approvals.byCode(SERIAL, '222222');
    },
    403,
  ],
];
for (const [name, ending, status] of ENDINGS) {
  test(`what waits for its turn and is ${name} meanwhile is not offered`, async () => {
    await using school = await openClass();
    const { workQueue } = school.library;
    let end = () => {};
    const busy = workQueue.run(() => new Promise<void>((resolve) => (end = resolve)));
    const queue = new EventEmitter();
    const run = workQueue.run.bind(workQueue);
    workQueue.run = (work) => {
      queueMicrotask(() => queue.emit('more'));
      return run(work);
    };
    const queued = once(queue, 'more');
    const offer = school.offer(SERIAL, FISH);
    await queued;
    const more = once(queue, 'more');
    const ended = ending(school);
    await Promise.race([ended, more]);
    end();
    await Promise.all([busy, ended]);
    assert.is((await offer).status, status);
    await school.command('class-page', ['on']);
    assert.equal([states(school), pins(school)], [[], []]);
  });
}

test('switched off, it is still taken back, and does not return when it is switched on', async () => {
  await using school = await openClass();
  for (const uid of [FISH, BOAT]) {
    await school.offer(SERIAL, uid);
    await school.say('yes', uid);
  }
  await school.command('class-page', ['off']);
  const back = await school.takeBack(SERIAL, FISH);
  assert.is(back.status, 200);
  assert.equal(
    parseClassOffers(back.body).offers.map(({ uid }) => uid),
    [BOAT],
  );
  assert.is((await school.takeBack(SERIAL, FISH)).status, 404, 'there is nothing more of it');
  await school.command('class-page', ['on']);
  assert.equal([states(school), pins(school)], [[`${BOAT} approved`], [BOAT]]);
});

test.run();
