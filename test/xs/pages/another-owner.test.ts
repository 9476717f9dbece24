/**
 * Another key of its own in the place of a laptop's, or one laptop that turns out to be two: what opens its Journal
 * so far may be somebody else's, and ends. What is another laptop's stays.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Serial } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { readOffers, writeOffers } from '../../../xs/class-page/offer-file.ts';
import { giveCode, useCode } from '../../../xs/codes/codes.ts';
import { readAudit } from '../../../xs/registration/audit.ts';
import { writeTwins } from '../../../xs/registration/twin-file.ts';
import { firstOf } from '../../../xs/registration/twins.ts';
import { ed25519, enrol, SERIAL, uidOf } from '../library.ts';
import { introduce, openMoodle } from '../moodle/small-moodle.ts';
import { dsaKey, serialOf } from '../whole.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from './browser.ts';

const test = suite('a laptop that is perhaps not the one that it was');

const JIM = serialOf(7);

async function both(server: PagesServer) {
  const { library, links, url } = server;
  const { registrations, moodle, paths } = library;
  registrations.register(JIM, 'Jim', 'uuid', dsaKey(7));
  await using school = await openMoodle();
  await introduce(school, server);
  const platform = moodle.platforms()[0]?.id ?? '';
  const opened: { serial: Serial; browser: Browser; code: string; link: string }[] = [];
  for (const [n, serial] of [SERIAL, JIM].entries()) {
    assert.is(enrol(registrations, serial, 'uuid', ed25519(n + 1)), 'accepted');
    moodle.bind({ platform, sub: `${n}`, name: 'Somebody', serial });
    const offer = { id: `${n}`.repeat(32), uid: uidOf(1), digest: digestOf('x'), snapshot: 's' };
    const rest = { nick: 'Jim', colours: null, offered: 'now', decided: null };
    writeOffers(paths, serial, [{ ...offer, ...rest, state: 'approved' }]);
    const browser = openBrowser(url);
    await browser.get(links.make(serial));
    const code = giveCode(library, serial);
    opened.push({ serial, browser, code, link: links.make(serial) });
  }
  return async () => {
    const left: string[][] = [];
    for (const { serial, browser, code, link } of opened) {
      const home = `/ds-restore/${serial}/`;
      left.push([
        ...((await browser.get(home)).status === 200 ? ['session'] : []),
        ...((await openBrowser(url).get(link)).headers.location === home ? ['link'] : []),
        ...(useCode(library, code, '10.0.0.7')?.serial === serial ? ['code'] : []),
        ...(moodle.bindings(serial).length > 0 ? ['account'] : []),
        ...(readOffers(paths, serial).offers.length > 0 ? ['offer'] : []),
      ]);
    }
    return left;
  };
}

const ALL = ['session', 'link', 'code', 'account', 'offer'];

test('another key of its own that a teacher lets in ends them all', async () => {
  await using server = await servePages('[moodle]\nenabled = true\n');
  const left = await both(server);
  const { registrations, paths } = server.library;
  assert.is(enrol(registrations, SERIAL, 'uuid', ed25519(9), { code: '222222' }), 'pending');
  registrations.approvals.byCode(SERIAL, '222222');
  assert.equal(await left(), [[], ALL]);
  assert.ok(readAudit(paths, SERIAL).some(({ event }) => event === 'moodle-ended'));
});

test('so does the separation of two that answered to one name', async () => {
  await using server = await servePages('[moodle]\nenabled = true\n');
  const left = await both(server);
  const { paths } = server.library;
  const [owner, other] = ['a'.repeat(32), 'b'.repeat(32)];
  writeTwins(paths, SERIAL, { ...firstOf(owner), last: other, others: [other], since: 'now' });
  await server.command('twins', [SERIAL, 'separate']);
  assert.equal(await left(), [[], ALL]);
  assert.ok(readAudit(paths, SERIAL).some(({ event }) => event === 'moodle-ended'));
});

test('the same key, whose digits a teacher compares, ends nothing', async () => {
  await using server = await servePages('[moodle]\nenabled = true\n');
  const left = await both(server);
  server.library.registrations.approvals.byCode(SERIAL, '123456');
  assert.equal(await left(), [ALL, ALL]);
});

test.run();
