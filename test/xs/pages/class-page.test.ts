/**
 * The class page in a browser: a teacher switches it on, sees what the class would see and decides; children
 * see what she said yes to and nothing else of it; strangers nothing; and while it is off it is not there.
 */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Uid } from '../../../shared/ids.ts';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { readOffers } from '../../../xs/class-page/offer-file.ts';
import { offerVersion } from '../../../xs/pins/offering.ts';
import { inEntry, inLaptop } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { jpegWith, pngWith } from '../../shared/pictures.ts';
import { backUp, confirm, ed25519, enrol, type JournalEntry, SERIAL, uidOf } from '../library.ts';
import { dsaKey, serialOf } from '../whole.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from './browser.ts';

const test = suite('the class page in a browser');

const JIM = serialOf(7);
const [PHOTO, WORDS, PAGE, PLAIN, BAD] = [1, 2, 3, 4, 5].map(uidOf) as [Uid, Uid, Uid, Uid, Uid];
const TEACHER = { name: 'Rosa', password: 'four words are enough' };
const DESK = '/xs-backup/offers';
const CLASS = '/ds-restore/class/';
const SECRET = 'GPS 12.0464 S, tag of Jocinta';
const HOSTILE = '<script>alert(1)</script>"\'\u202egpj.exe\u0007{{x}}';

const { jpeg, withExif } = jpegWith(SECRET);

const JOURNAL: Record<string, JournalEntry> = {
  [PHOTO]: {
    title: 'The fish',
    content: withExif,
    properties: {
      mime_type: 'image/jpeg',
      preview: pngWith(SECRET),
      tags: SECRET,
      description: SECRET,
      buddies: SECRET,
      comments: SECRET,
      timestamp: '1700000000',
      'icon-color': '#111111,#222222',
    },
  },
  [WORDS]: { title: HOSTILE, content: 'words', properties: { mime_type: 'application/pdf' } },
  [PAGE]: {
    title: '../../etc/passwd\r\nSet-Cookie: x=1',
    content: '<script>alert(document.cookie)</script>',
    properties: { mime_type: 'text/html; charset="x"' },
  },
  [PLAIN]: { title: '', content: null },
  [BAD]: { title: 'bad', content: withExif.subarray(0, 60), properties: { mime_type: 'x' } },
};

interface School extends PagesServer {
  teacher: Browser;
  jocinta: Browser;
  jim: Browser;
  stranger: Browser;
  offer(uid: Uid): string;
}

async function openSchool(on = true): Promise<School> {
  const server = await servePages();
  const { library } = server;
  library.registrations.register(JIM, 'Jim', 'u', dsaKey(7));
  confirm(library.registrations, SERIAL, ed25519(1));
  confirm(library.registrations, JIM, ed25519(7));
  await backUp(server, new Map(Object.entries(JOURNAL) as [Uid, JournalEntry][]), SERIAL);
  await backUp(server, new Map([[PHOTO, { title: 'his', content: 'own' }]]), JIM);
  await addTeacher(library.paths, TEACHER.name, TEACHER.password, server.clock.now());
  const [teacher, jocinta, jim, stranger] = [1, 2, 3, 4].map(() => openBrowser(server.url)) as [
    Browser,
    Browser,
    Browser,
    Browser,
  ];
  await teacher.fill('/ds-restore/sign-in', '/ds-restore/sign-in', TEACHER);
  await jocinta.get(server.links.make(SERIAL));
  await jim.get(server.links.make(JIM));
  if (on) await teacher.fill('/xs-backup/do?act=class-on', '/xs-backup/do', {});
  const offer = (uid: Uid) => {
    const snapshot = newestSnapshot(library.paths, SERIAL);
    assert.ok(snapshot);
    const of = { nick: `Jocinta${HOSTILE}`, colors: '#FF2B34,#005FE4', limit: 1e9 };
    return offerVersion(library, SERIAL, { snapshot, uid, ...of }).id;
  };
  return { ...server, teacher, jocinta, jim, stranger, offer };
}

const press = ({ teacher }: School, id: string, act: 'class-yes' | 'class-no') =>
  teacher.fill(`${DESK}/${id}/`, '/xs-backup/do', { act });

test('a teacher sees what the class would see, says yes, and the class sees it until she or the child says no', async () => {
  await using school = await openSchool();
  const { teacher, jim } = school;
  const id = school.offer(PHOTO);
  assert.is((await jim.get(`${CLASS}${id}/`)).status, 404, 'nobody sees it before');
  const desk = await teacher.get(DESK);
  assert.match(desk.body, new RegExp(`href="${DESK}/${id}/"`));
  assert.match(desk.body, /Waits for a yes 1</);
  const look = await teacher.get(`${DESK}/${id}/`);
  assert.match(look.body, /The picture does not say where, when and with what it was taken/);
  const done = await press(school, id, 'class-yes');
  assert.is(done.status, 303);
  const shown = await teacher.get(String(done.headers.location));
  assert.match(shown.body, /On the class page\. <a class="button" href="[^"]*class-no[^"]*">Undo/);

  const list = (await jim.get(CLASS)).body;
  assert.match(list, /<bdi>The fish<\/bdi>/);
  assert.match(list, /Picture · Tuesday, November 1\d, 2023/);
  assert.match(list, /fill="#005FE4" stroke="#FF2B34"/);
  const page = (await jim.get(`${CLASS}${id}/`)).body;
  // What the teacher saw and what the class sees: the same picture, facts and name.
  const inside = (html: string) => /<div class="one">([\s\S]*?)<\/dl>/.exec(html)?.[1];
  assert.ok(inside(page));
  assert.is(inside(page)?.replaceAll(CLASS, ''), inside(look.body)?.replaceAll(`${DESK}/`, ''));
  const [seen, given] = [
    await teacher.get(`${DESK}/${id}/file`),
    await jim.get(`${CLASS}${id}/file`),
  ];
  assert.equal(seen.raw, given.raw);

  await press(school, id, 'class-no');
  for (const path of ['', '/', '/picture', '/file']) {
    assert.is((await jim.get(CLASS + id + path)).status, 404, path);
  }
  assert.not.match((await jim.get(CLASS)).body, /The fish/);
  const audit = (await teacher.get('/xs-backup/audit')).body;
  assert.match(audit, /Rosa.{0,9} put a thing of .{0,20}CSN74803BB1.{0,9} on the class page\./);
});

test('pictures say nothing beside what they show, and nothing else of the entry is anywhere', async () => {
  await using school = await openSchool();
  const id = school.offer(PHOTO);
  await press(school, id, 'class-yes');
  const { jim } = school;
  for (const path of [CLASS, `${CLASS}${id}/`, `${CLASS}${id}/picture`, `${CLASS}${id}/file`]) {
    const { status, raw, headers } = await jim.get(path);
    assert.is(status, 200, path);
    for (const word of [SECRET, SERIAL, PHOTO, 'Exif', '#111111', 'datastore-']) {
      assert.not(raw.includes(word), `${path}: ${word}`);
      assert.not(JSON.stringify(headers).includes(word), `${path}: ${word}`);
    }
  }
  const file = await jim.get(`${CLASS}${id}/file`);
  assert.equal(file.raw, jpeg);
  assert.is(file.headers['content-type'], 'image/jpeg');
  assert.is(file.headers['content-length'], String(jpeg.length));
});

test('hostile titles, names and files are text and downloads', async () => {
  await using school = await openSchool();
  const { jim, teacher } = school;
  const ids = [WORDS, PAGE, PLAIN, BAD].map(school.offer);
  for (const id of ids) await press(school, id, 'class-yes');
  const [words = '', html = '', plain = '', bad = ''] = ids;
  const pages = [CLASS, DESK, `${DESK}?only=approved`];
  for (const id of ids) pages.push(`${CLASS}${id}/`, `${DESK}/${id}/`);
  for (const path of pages) {
    const { status, body, headers } = await (path.startsWith(DESK) ? teacher : jim).get(path);
    assert.is(status, 200, path);
    assert.not.match(body, /<script|\u202e|\u0007/, path);
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  }
  const given = await jim.get(`${CLASS}${html}/file`);
  assert.match(String(given.headers['content-security-policy']), /sandbox/);
  assert.is(given.headers['x-content-type-options'], 'nosniff');
  assert.match(
    String(given.headers['content-disposition']),
    /^attachment; filename="etc passwd Set-Cookie x=1\.html"/,
  );
  assert.is(given.headers['set-cookie'], undefined);
  assert.match((await teacher.get(`${DESK}/${words}/`)).body, /The file is given as it is/);
  assert.match((await teacher.get(`${DESK}/${plain}/`)).body, /It has no file/);
  assert.match((await teacher.get(`${DESK}/${bad}/`)).body, /cannot be cleaned: it is not given/);
  for (const id of [plain, bad]) assert.is((await jim.get(`${CLASS}${id}/file`)).status, 404);
});

test('while it is off, its addresses say nothing to strangers, and the same of each to whoever is signed in', async () => {
  await using school = await openSchool(false);
  const { jim, jocinta, stranger, teacher, command } = school;
  const id = school.offer(PHOTO);
  await command('class-page', ['on']);
  await press(school, id, 'class-yes');
  assert.match((await jocinta.get(`/ds-restore/${SERIAL}/`)).body, /href="\/ds-restore\/class\/"/);
  await command('class-page', ['off']);
  assert.not.match((await jocinta.get(`/ds-restore/${SERIAL}/`)).body, /\/class\//);
  const same = (text: string, path: string) =>
    text
      .replaceAll(encodeURIComponent(path), 'PATH')
      .replaceAll(path, 'PATH')
      .replace(/name="form" value="[^"]+"/g, '');
  for (const browser of [jim, jocinta, stranger]) {
    for (const rest of ['', '/', `/${id}`, `/${id}/`, `/${id}/picture`, `/${id}/file`, '/x']) {
      const [path, nowhere] = [`/ds-restore/class${rest}`, `/ds-restore/nowhere${rest}`];
      const like = browser === stranger ? nowhere : '/ds-restore/class/';
      const [answer, other] = [await browser.get(path), await browser.get(like)];
      assert.is(answer.status, 404, path);
      if (rest === '/x' && browser !== stranger) continue; // no address of a class page at all
      assert.is(same(answer.body, path), same(other.body, like), path);
      assert.not.match(answer.body, /The fish/);
    }
  }
  assert.match((await teacher.get(DESK)).body, /It is off/);
});

test('two hundred attempts of strangers and other children are refused', async () => {
  await using school = await openSchool();
  const { jim, stranger, library } = school;
  const [shown, waiting] = [school.offer(PHOTO), school.offer(WORDS)];
  await press(school, shown, 'class-yes');
  const before = readOffers(library.paths, SERIAL);
  let attempts = 0;
  const refused = async (browser: Browser, path: string, fields?: Record<string, string>) => {
    const { status, body } = fields ? await browser.post(path, fields) : await browser.get(path);
    attempts += 1;
    assert.ok([303, 400, 403, 404].includes(status), `${path}: ${status}`);
    assert.not.match(body, /The fish/, path);
  };
  const rests = [
    '',
    '/',
    '/picture',
    '/file',
    '/file/',
    '/..%2f..%2f',
    '/x',
    '/bundle',
    '/metadata',
  ];
  const files = [...rests, '/picture?x', '/sums', `/${SERIAL}`];
  const ids = [
    waiting,
    shown.slice(1),
    `${shown}0`,
    shown.toUpperCase(),
    '0'.repeat(32),
    PHOTO,
    SERIAL,
  ];
  for (const rest of files) {
    for (const id of ids) {
      await refused(jim, CLASS + id + rest);
      await refused(stranger, CLASS + id + rest);
    }
    await refused(stranger, CLASS + shown + rest);
    await refused(jim, `${DESK}/${shown}${rest}`);
    await refused(stranger, `${DESK}/${shown}${rest}`);
  }
  await refused(stranger, CLASS);
  await refused(jim, DESK);
  for (const act of ['class-yes', 'class-no', 'class-on', 'class-off', 'class-clear']) {
    for (const browser of [jim, stranger]) {
      const token = /name="form" value="([^"]+)"/.exec((await browser.get('/')).body)?.[1] ?? '';
      for (const form of ['', token]) {
        await refused(browser, '/xs-backup/do', { act, offer: waiting, serial: SERIAL, form });
      }
    }
  }
  for (const method of [CLASS, `${CLASS}${shown}/`, `${DESK}/${waiting}/`]) {
    for (const browser of [jim, stranger]) await refused(browser, method, { state: 'approved' });
  }
  assert.ok(attempts >= 200, `${attempts}`);
  assert.equal(readOffers(library.paths, SERIAL), before);
});

test('a damaged file is not given out, and its thing is still there to be seen', async () => {
  await using school = await openSchool();
  const { jim, teacher, library } = school;
  const [id, other] = [school.offer(WORDS), school.offer(PLAIN)];
  for (const one of [id, other]) await press(school, one, 'class-yes');
  const [offer] = readOffers(library.paths, SERIAL).offers;
  assert.ok(offer);
  const { uid, digest } = offer;
  const folder = inLaptop(library.paths, SERIAL).pin(uid, digest);
  rmSync(join(folder, uid));
  const { status, body } = await jim.get(`${CLASS}${id}/`);
  assert.is(status, 200);
  assert.not.match(body, new RegExp(`${id}/file`));
  assert.match((await teacher.get(`${DESK}/${id}/`)).body, /Its file is damaged/);
  assert.is((await jim.get(`${CLASS}${id}/file`)).status, 409);
  rmSync(join(folder, `${uid}.metadata`));
  assert.is((await jim.get(`${CLASS}${id}/`)).status, 404);
  assert.match((await jim.get(CLASS)).body, new RegExp(other));
});

test('what is decided is what was looked at: something else in its place needs another yes', async () => {
  await using school = await openSchool();
  const { teacher, library } = school;
  const id = school.offer(PHOTO);
  const { body } = await teacher.get(`${DESK}/${id}/`);
  const form = /name="form" value="([^"]+)"/.exec(body)?.[1] ?? '';
  await school.command('class-page', [SERIAL, 'clear']);
  const other = school.offer(PHOTO);
  const answer = await teacher.post('/xs-backup/do', { act: 'class-yes', offer: id, form });
  assert.is(answer.status, 404);
  assert.equal(
    readOffers(library.paths, SERIAL).offers.map((one) => [one.id, one.state]),
    [[other, 'offered']],
  );
});

test('fifty on a page, the newest first', async () => {
  await using school = await openSchool();
  const { library, jim, clock } = school;
  const id = school.offer(PLAIN);
  await press(school, id, 'class-yes');
  clock.pass(1000);
  const last = school.offer(WORDS);
  await press(school, last, 'class-yes');
  const ids = (html: string) =>
    [...html.matchAll(/class="entry" href="\/ds-restore\/class\/(\w+)\/"/g)].map(([, one]) => one);
  assert.equal(ids((await jim.get(CLASS)).body), [last, id]);
  assert.equal(library.registrations.retire(SERIAL), true);
  assert.equal(ids((await jim.get(CLASS)).body), []);
});

test('a laptop that a stranger made up shows him nothing, until a teacher has typed its digits', async () => {
  await using school = await openSchool();
  const { library, teacher, links, url } = school;
  const id = school.offer(PHOTO);
  await press(school, id, 'class-yes');
  const made = serialOf(66);
  library.registrations.register(made, 'Jocinta', 'u', dsaKey(66));
  const addresses = [CLASS, `${CLASS}${id}/`, `${CLASS}${id}/picture`, `${CLASS}${id}/file`];
  const stranger = openBrowser(url);
  const statuses = async () => {
    const all: number[] = [];
    for (const one of addresses) all.push((await stranger.get(one)).status);
    return all;
  };
  await stranger.get(links.make(made));
  assert.equal(await statuses(), [403, 403, 403, 403], 'a key of Sugar that nobody has seen');
  assert.is(enrol(library.registrations, made, 'u', ed25519(66)), 'accepted');
  await stranger.get(links.make(made));
  assert.equal(await statuses(), [403, 403, 403, 403], 'a key of its own that nobody has seen');
  const told = await stranger.get(CLASS);
  assert.match(told.body, /Your teacher has to type the six digits of this laptop first/);
  assert.not.match(told.body, /The fish/);
  library.registrations.approvals.byCode(made, '123456');
  assert.equal(await statuses(), [200, 200, 200, 200]);
  const whose = await teacher.get(`${DESK}/${id}/`);
  assert.match(whose.body, new RegExp(`href="/xs-backup/laptop/${SERIAL}"`));
});

test('a child whose laptop shows no digits sees it with the code of a teacher', async () => {
  await using school = await openSchool();
  const { library, links, url, command } = school;
  const old = serialOf(67);
  library.registrations.register(old, 'Ana', 'u', dsaKey(67));
  const ana = openBrowser(url);
  const { code } = JSON.parse(await command('sign-in-code', [old], { json: true }));
  await ana.fill('/ds-restore/sign-in', '/ds-restore/code', { code });
  assert.is((await ana.get(CLASS)).status, 200);
  await ana.get(links.make(old));
  assert.is((await ana.get(CLASS)).status, 403, 'a link says only that there is some key');
});

test('a thing with damaged properties is in the list that counts it, and a teacher can decide it', async () => {
  await using school = await openSchool();
  const { teacher, library } = school;
  const id = school.offer(PHOTO);
  const [offer] = readOffers(library.paths, SERIAL).offers;
  assert.ok(offer);
  const { metadata } = inEntry(inLaptop(library.paths, SERIAL).pin(PHOTO, offer.digest), PHOTO);
  chmodSync(metadata, 0o600);
  writeFileSync(metadata, 'something else');
  const desk = (await teacher.get(DESK)).body;
  assert.match(desk, /Waits for a yes 1</);
  assert.not.match(desk, /None\./);
  assert.match(desk, /Damaged.*It comes from this laptop:.*href="[^"]*CSN74803BB1[^"]*"/s);
  const [, href = ''] = new RegExp(`href="([^"]*class-no[^"]*${id}[^"]*)"`).exec(desk) ?? [];
  const done = await teacher.fill(href.replace(/&amp;/g, '&'), '/xs-backup/do', {});
  assert.is(done.status, 303);
  assert.equal(
    readOffers(library.paths, SERIAL).offers.map(({ state }) => state),
    ['refused'],
  );
  const refused = (await teacher.get(`${DESK}?only=refused`)).body;
  assert.match(refused, /Refused 1</);
  assert.match(refused, /It comes from this laptop:/);
  assert.not.match(refused, /act=class-no[^"]*">No</, 'there is nothing more to say of it');
});

test.run();
