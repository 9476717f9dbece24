/** The teachers' pages over a real socket, with the very commands of the terminal behind them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { PLACES } from '../../../xs/pages/frame/teacher-frame.tsx';
import { readAudit } from '../../../xs/registration/audit.ts';
import { listHeld, listSnapshots, newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { backUp, ed25519, enrol, SERIAL, uidOf } from '../library.ts';
import { dsaKey, serialOf } from '../whole.ts';
import { openBrowser } from './browser.ts';
import { act, follow, journal, OTHER, openClass, signIn } from './teacher/teachers-class.ts';

const test = suite('what teachers do on the pages');

test('nobody and children come to none of the pages, and change nothing', async () => {
  await using server = await openClass();
  const nobody = openBrowser(server.url);
  const child = openBrowser(server.url);
  await child.get(server.links.make(SERIAL).replace(server.url, ''));
  assert.is((await child.get(`/ds-restore/${SERIAL}/`)).status, 200, 'she is signed on');
  const paths = [
    ...Object.values(PLACES),
    ...['/xs-backup/', '/xs-backup/diag.txt', '/xs-backup/disk/cleanup'],
    ...[`/xs-backup/laptop/${SERIAL}`, `/xs-backup/laptop/${SERIAL}/replaces`],
    `/xs-backup/do?act=retire&serial=${OTHER}`,
  ];
  for (const path of paths) {
    const away = await nobody.get(path);
    assert.is(away.status, 303, path);
    assert.match(String(away.headers.location), /^\/ds-restore\/sign-in\?back=/);
    assert.is((await child.get(path)).status, 404, path);
    assert.is((await server.teacher.get(path)).status, 200, path);
  }
  const form = /name="form" value="([^"]+)"/.exec((await child.get(`/ds-restore/${SERIAL}/`)).body);
  const fields = { act: 'retire', serial: OTHER, form: form?.[1] ?? '' };
  assert.is((await child.post('/xs-backup/do', fields)).status, 404, 'a child with her own token');
  assert.is((await nobody.post('/xs-backup/do', fields)).status, 403);
  assert.is((await server.teacher.post('/xs-backup/do', fields)).status, 403, "a child's token");
  assert.ok(server.library.registrations.isActive(OTHER));
});

test('digits of two keys let in none and say so; digits of the key it has let in no other', async () => {
  await using server = await openClass();
  const { registrations } = server.library;
  const type = (code: string) =>
    server.teacher.fill('/xs-backup/waiting', '/xs-backup/do', { serial: SERIAL, code });
  enrol(registrations, SERIAL, 'uuid', ed25519(1), { code: '111111', address: 'a' });
  registrations.approvals.byCode(SERIAL, '111111');
  for (const [n, code] of ['222222', '222222', '333333'].entries()) {
    enrol(registrations, SERIAL, 'uuid', ed25519(n + 2), { code, address: String(n) });
  }
  const tied = await type('222222');
  assert.is(tied.status, 400);
  const nick = registrations.get(SERIAL)?.nick ?? '';
  assert.match(tied.body, /none was let in\. In a moment the laptop shows new ones/);
  assert.ok(tied.body.includes(nick) && !tied.body.includes(`keys of ${SERIAL}`));
  assert.equal(
    registrations.get(SERIAL)?.pending.map(({ code }) => code),
    ['333333'],
  );
  const own = await type('111111');
  const told = await server.teacher.get(String(own.headers.location));
  assert.match(told.body, /Confirmed: these are the digits[\s\S]*No other key was let in/);
  assert.not.match(told.body, /Approved/);
  assert.is(registrations.get(SERIAL)?.pending.length, 1);
});

test('a question changes nothing; its answer does, with the name of the teacher', async () => {
  await using server = await openClass();
  const { registrations, paths } = server.library;
  const path = `/xs-backup/laptop/${OTHER}`;
  const question = await follow(server.teacher, path, /Take out of use/);
  const page = await server.teacher.get(question);
  assert.match(page.body, /Take the laptop of Ana &lt;b(>|&gt;) out of use\?/);
  assert.ok(registrations.isActive(OTHER));
  assert.match(await act(server.teacher, path, /Take out of use/), /Out of use\.[\s\S]*Undo/);
  assert.not(registrations.isActive(OTHER));
  assert.match(await act(server.teacher, path, /Take back/), /In use again/);
  assert.ok(registrations.isActive(OTHER));
  assert.equal(
    readAudit(paths, OTHER)
      .slice(-2)
      .map(({ event, who, name }) => [event, who, name]),
    [
      ['retired', 'teacher', 'Rosa'],
      ['unretired', 'teacher', 'Rosa'],
    ],
  );
  const log = await server.teacher.get(`/xs-backup/audit?serial=${OTHER}`);
  const sentences = log.body.replace(/[\u2068\u2069]/g, '');
  assert.match(sentences, /Rosa took Ana &lt;b(>|&gt;) \(\w+\) out of use\./);
});

test('typed digits let in the key that has them; wrong ones let in nobody and say so', async () => {
  await using server = await openClass();
  const { registrations, paths } = server.library;
  enrol(registrations, SERIAL, 'uuid', ed25519(1), { code: '111111', address: 'a' });
  registrations.approvals.byCode(SERIAL, '111111');
  assert.is(enrol(registrations, SERIAL, 'uuid', ed25519(2), { code: '222222' }), 'pending');
  enrol(registrations, SERIAL, 'uuid', ed25519(3), { code: '333333' });
  const waiting = await server.teacher.get('/xs-backup/waiting');
  assert.not.match(waiting.body, /222 ?222|333 ?333/, 'the digits are on the laptop only');
  const type = (code: string) =>
    server.teacher.fill('/xs-backup/waiting', '/xs-backup/do', { serial: SERIAL, code });
  const wrong = await type('999999');
  assert.is(wrong.status, 404);
  assert.match(wrong.body, /somebody stands between/);
  assert.is(registrations.get(SERIAL)?.keys.own, ed25519(1));
  const answer = await type('222 222');
  assert.is(answer.status, 303);
  const told = await server.teacher.get(String(answer.headers.location));
  assert.match(told.body, /is let in[\s\S]*654321/);
  assert.is(registrations.get(SERIAL)?.keys.own, ed25519(2));
  assert.equal(registrations.get(SERIAL)?.pending, []);
  const [line] = readAudit(paths, SERIAL).slice(-1);
  assert.equal([line?.event, line?.name], ['approved', 'Rosa']);
});

test('the old laptop is chosen by picture; a wrong choice is refused in words, and undone', async () => {
  await using server = await openClass();
  const { registrations } = server.library;
  const page = `/xs-backup/laptop/${OTHER}`;
  const choose = await follow(server.teacher, page, /new laptop of/);
  assert.match(await act(server.teacher, choose, /Jocinta/), /takes the place[\s\S]*Undo/);
  assert.is(registrations.get(OTHER)?.alias?.of, SERIAL);
  const circle = await server.teacher.get(`/xs-backup/do?act=alias&serial=${SERIAL}&of=${OTHER}`);
  const refused = await server.teacher.fill(
    `/xs-backup/do?act=alias&serial=${SERIAL}&of=${OTHER}`,
    '/xs-backup/do',
    {},
  );
  assert.equal([circle.status, refused.status], [200, 400]);
  assert.match(refused.body, /circle/);
  await act(server.teacher, page, /another child/);
  assert.is(registrations.get(OTHER)?.alias, null);
});

test('the old laptop that is gone is replaced and taken out of use in one act, and both undone', async () => {
  await using server = await openClass();
  const { registrations } = server.library;
  const choose = await follow(server.teacher, `/xs-backup/laptop/${OTHER}/replaces`, /Jocinta/);
  const { body } = await server.teacher.get(choose);
  assert.match(body, /registered just now/, 'dates tell the new one from the old one');
  assert.match(body, /last seen just now/);
  assert.match(body, /never seen/);
  const buttons = [...body.matchAll(/<button[^>]*name="act" value="([\w-]+)"/g)].map(
    ([, act]) => act,
  );
  assert.equal(buttons, ['replace', 'alias']);
  const answer = await server.teacher.fill(choose, '/xs-backup/do', {});
  assert.is(answer.status, 303, answer.body);
  assert.is(registrations.get(OTHER)?.alias?.of, SERIAL);
  assert.not(registrations.isActive(SERIAL));
  const undo = await follow(server.teacher, String(answer.headers.location), /^Undo$/);
  assert.is((await server.teacher.fill(undo, '/xs-backup/do', {})).status, 303);
  assert.is(registrations.get(OTHER)?.alias, null);
  assert.ok(registrations.isActive(SERIAL));
  assert.is((await server.teacher.fill(choose, '/xs-backup/do', { act: 'alias' })).status, 303);
  assert.ok(registrations.isActive(SERIAL), 'the old one may still be in use');
});

test('what is held aside is released or thrown away; the trash gives it back, pinned', async () => {
  await using server = await openClass();
  const { paths } = server.library;
  server.clock.pass(DAY_MS);
  await backUp(server, journal(1), SERIAL);
  await signIn(server.teacher); // a day later
  assert.is(listHeld(paths, SERIAL).length, 1);
  const { body } = await server.teacher.get('/xs-backup/held');
  assert.match(body, /many things are gone/);
  assert.match(body, /Before: 12 things, which stay whatever you decide/);
  assert.match(
    body,
    /<summary>What is in the newest one\?<\/summary><ul><li><bdi>thing 0<\/bdi><\/li><\/ul>/,
  );
  const [, mistake = ''] = body.split('It was a mistake');
  assert.match(
    mistake,
    /^[\s\S]*Decide nothing here\. Bring the Journal back[\s\S]*Throw these away/,
  );
  await act(server.teacher, '/xs-backup/held', /Throw these away/);
  assert.equal([listHeld(paths, SERIAL).length, listSnapshots(paths, SERIAL).length], [0, 1]);
  assert.match(await act(server.teacher, '/xs-backup/trash', /Bring back/), /stays/);
  assert.is(listSnapshots(paths, SERIAL).length, 2);
  assert.match((await server.teacher.get(`/xs-backup/laptop/${SERIAL}`)).body, /<span>pinned /);
});

test('many of a kind are one card, decided one by one or together', async () => {
  await using server = await openClass();
  const { paths, registrations } = server.library;
  const laptops = [SERIAL, OTHER];
  await backUp(server, journal(12), OTHER);
  server.clock.pass(DAY_MS);
  for (const serial of laptops) await backUp(server, journal(1), serial);
  await signIn(server.teacher); // a day later
  const { body } = await server.teacher.get('/xs-backup/held');
  assert.is([...body.matchAll(/<li class="card"/g)].length, 1, body);
  assert.is([...body.matchAll(/act=release&amp;serial=/g)].length, 2, 'one by one');
  assert.match(await act(server.teacher, '/xs-backup/held', /^Throw all of these away/), /trash/);
  assert.equal(
    laptops.map((serial) => listHeld(paths, serial).length),
    [0, 0],
  );

  // "Register" was chosen again on both.
  for (const [n, serial] of laptops.entries()) {
    registrations.register(serial, registrations.get(serial)?.nick ?? '', 'u', dsaKey(40 + n));
  }
  const asking = (await server.teacher.get('/xs-backup/waiting')).body;
  assert.is([...asking.matchAll(/Only the old backup program needs this key/g)].length, 1);
  await act(server.teacher, '/xs-backup/waiting', /^Reject all/);
  assert.equal(
    laptops.map((serial) => registrations.get(serial)?.pending),
    [[], []],
  );
});

test('two laptops of one name are told apart where it says who takes how much', async () => {
  await using server = await openClass();
  const { registrations } = server.library;
  await server.command('cleanup');
  assert.match((await server.teacher.get('/xs-backup/disk')).body, /<bdi>Jocinta<\/bdi>/);
  server.library.newcomers.openWindow(5);
  registrations.register(serialOf(9), 'Jocinta', 'u', dsaKey(3));
  assert.match(
    (await server.teacher.get('/xs-backup/disk')).body,
    new RegExp(`<bdi>Jocinta \\(${SERIAL}\\)`),
  );
});

test('a snapshot is pinned and unpinned', async () => {
  await using server = await openClass();
  const page = `/xs-backup/laptop/${SERIAL}`;
  const name = newestSnapshot(server.library.paths, SERIAL)?.name ?? '';
  await act(server.teacher, page, /^Pin/);
  assert.match(await server.command('pins', [SERIAL]), new RegExp(name));
  await act(server.teacher, page, /^Unpin/);
  assert.not.match(await server.command('pins', [SERIAL]), new RegExp(name));
});

test('a pinned thing has its title, day, size and total; unpinned it has its title in the trash', async () => {
  await using server = await openClass();
  const page = `/xs-backup/laptop/${SERIAL}`;
  const name = newestSnapshot(server.library.paths, SERIAL)?.name ?? '';
  await server.command('pin', [SERIAL, name]);
  await server.command('pin', [SERIAL, name, uidOf(3)]);
  const told = await server.command('pins', [SERIAL]);
  assert.match(told, new RegExp(`^${name} {2}a whole day {2}[\\d.]+ \\w+$`, 'm'));
  assert.match(told, /^[\d.]+ \w+ in pinned days, which count in the quota only$/m);
  const { body } = await server.teacher.get(page);
  const thing = `/ds-restore/${SERIAL}/${SERIAL}/${name}/${uidOf(3)}/`;
  assert.match(
    body,
    new RegExp(`<a href="${thing}"><bdi>thing 3</bdi></a> · \\w+day, .* · [\\d.]+ `),
  );
  assert.match(body, /[\d.]+ \w+ of the [\d.]+ \w+ that pinned things may take/);
  assert.is((await server.teacher.get(thing)).status, 200);
  const [, things = ''] = body.split('Things kept for good');
  const [, href = ''] = /href="([^"]+act=unpin[^"]+)"/.exec(things) ?? [];
  const question = await server.teacher.get(href.replace(/&amp;/g, '&'));
  assert.match(question.body, /The pinned copy goes to the trash now/);
  await server.command('unpin', [SERIAL, uidOf(3)]);
  assert.match((await server.teacher.get('/xs-backup/trash')).body, /pinned: [\u2068]?thing 3/);
  assert.match(await server.command('trash', [SERIAL]), /unpinned {2}thing 3$/m);
  await server.command('undelete', [SERIAL, 'thing 3']);
  assert.match(await server.command('pins', [SERIAL]), /thing 3/);
});

test('the window for new laptops is opened for a while, and closed', async () => {
  await using server = await openClass();
  const { newcomers } = server.library;
  await act(server.teacher, '/xs-backup/waiting', /Open for 60/);
  assert.equal(newcomers.window().minutesLeft, 60);
  await act(server.teacher, '/xs-backup/waiting', /Close now/);
  assert.not(newcomers.window().open);
});

test('a teacher who looks into a Journal is written down, once a visit', async () => {
  await using server = await openClass();
  const { paths } = server.library;
  const reads = () => readAudit(paths, SERIAL).filter(({ event }) => event === 'journal-read');
  const link = await follow(server.teacher, `/xs-backup/laptop/${SERIAL}`, /Look for something/);
  for (const path of [link, `${link}all/`, link]) {
    assert.is((await server.teacher.get(path)).status, 200);
  }
  assert.equal(
    reads().map(({ who, name }) => [who, name]),
    [['teacher', 'Rosa']],
  );
});

test("a teacher in a child's Journal reads whose it is, and finds the way back", async () => {
  await using server = await openClass();
  const { teacher } = server;
  const home = `/ds-restore/${SERIAL}/`;
  const name = newestSnapshot(server.library.paths, SERIAL)?.name;
  const day = `${home}${SERIAL}/${name}/`;
  for (const path of [home, `${home}all/`, day, `${day}${uidOf(1)}/`]) {
    const { status, body } = await teacher.get(path);
    assert.is(status, 200, path);
    assert.not.match(body, /My days|All my things/, path);
    assert.match(body, new RegExp(`<a href="/xs-backup/laptop/${SERIAL}">`), path);
    assert.match(body, /<nav class="places"/, path);
    assert.match(body, /Jocinta/, path);
  }
  const child = openBrowser(server.url);
  await child.get(server.links.make(SERIAL));
  const own = (await child.get(day)).body;
  assert.match(own, /My days/);
  assert.not.match(own, /xs-backup/);
});

test('what the report for helpers says has no name, serial or key in it', async () => {
  await using server = await openClass();
  const { body, headers } = await server.teacher.get('/xs-backup/diag.txt');
  assert.match(
    String(headers['content-disposition']),
    /^attachment; filename="ds-backup-diag-2026/,
  );
  assert.match(body, /^ds-backup: /);
  assert.not.match(body, new RegExp(`${SERIAL}|Jocinta|Ana|Rosa|ssh-`));
});

test('a made-up "done", a laptop that is none and a page that is none say nothing', async () => {
  await using server = await openClass();
  const { teacher } = server;
  const spoofed = await teacher.get('/xs-backup/class?act=retire&serial=<script>');
  assert.not.match(spoofed.body, /role="status"|<script>/);
  for (const path of [
    `/xs-backup/laptop/${serialOf(99)}`,
    '/xs-backup/laptop/..%2f..%2fetc',
    '/xs-backup/audit?serial=x',
    '/xs-backup/nothing',
  ]) {
    assert.is((await teacher.get(path)).status, 404, path);
  }
  assert.is((await teacher.get('/xs-backup/do?act=rebuild')).status, 400);
});

test.run();
