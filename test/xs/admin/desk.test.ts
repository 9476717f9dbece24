/**
 * What a stranger stumbled over who played the teacher: each with what she has to read or find instead.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { readParts } from '../../../xs/admin/relief.ts';
import { readStatus } from '../../../xs/admin/status.ts';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { heldSum, listHolding } from '../../../xs/pages/teacher/acts/many.ts';
import { offerVersion } from '../../../xs/pins/offering.ts';
import { pinEntry, pinSnapshot } from '../../../xs/pins/pinning.ts';
import { listHeld, listSnapshots } from '../../../xs/storage/snapshots.ts';
import { pngWith } from '../../shared/pictures.ts';
import { damagedDays } from '../integrity/damage-library.ts';
import { backUp, confirm, ed25519, enrol, type Journal, SERIAL, uidOf } from '../library.ts';
import { type Browser, openBrowser, servePages } from '../pages/browser.ts';
import { act, journal, OTHER, openClass, signIn } from '../pages/teacher/teachers-class.ts';
import { dsaKey, noteSuccess } from '../whole.ts';

const test = suite("a teacher's desk");

const plain = (html: string) =>
  html
    .replace(/<[^>]+>/g, '')
    .replace(/[\u2066-\u2069]/g, '')
    .replace(/&quot;/g, '"')
    .replace(/\s+/g, ' ');

async function read(browser: Browser, path: string, status = 200): Promise<string> {
  const answer = await browser.get(path);
  assert.is(answer.status, status, path);
  return plain(answer.body);
}

type School = Awaited<ReturnType<typeof openClass>>;

function newest({ library }: School, serial = SERIAL) {
  const [found] = listSnapshots(library.paths, serial);
  if (!found) throw new Error('there is no snapshot');
  return found;
}

test('what leaves the trash next is called by its title or what it is, and has no date that nobody made', async () => {
  await using school = await openClass();
  const { library, teacher, command } = school;
  pinEntry(library, SERIAL, newest(school), uidOf(3), { limit: 1e9 });
  await command('unpin', [SERIAL, uidOf(3)]);
  const page = await read(teacher, '/xs-backup/disk/cleanup');
  assert.match(page, /Jocinta · pinned: thing 3 · /);
  assert.not.match(page, /January 1, 2000/);
  const told = await command('cleanup', [], { 'dry-run': true });
  assert.match(told, /Jocinta {2}pinned: "thing 3"/);
  // Nor has the question before it is brought back, and what is said of it later.
  const done = await act(teacher, '/xs-backup/trash', /Bring back/);
  assert.match(done, /It is back/);
  const audit = await read(teacher, '/xs-backup/audit');
  assert.match(audit, /Rosa brought a pinned thing of Jocinta .* back from the trash/);
  assert.not.match(audit, /January 1, 2000/);
});

test('a new laptop that took the place of another one has what that left, from the first moment', async () => {
  await using school = await openClass();
  const { library, teacher, command } = school;
  library.registrations.alias(OTHER, SERIAL);
  const page = await read(teacher, `/xs-backup/laptop/${OTHER}`);
  assert.not.match(page, /keeps nothing yet/);
  assert.match(page, new RegExp(`From the old laptop ${SERIAL}: 1 day, which is its own now`));
  const told = await command('snapshots', [OTHER]);
  assert.match(told, new RegExp(`${OTHER} \\(Ana <b>\\) has no snapshot of its own yet`));
  assert.match(
    told,
    new RegExp(`^of ${SERIAL} \\(Jocinta\\), .*1 snapshot.*snapshots ${SERIAL}"$`, 'm'),
  );
  const [refused] = await Promise.allSettled([command('sums', [OTHER, 'latest'])]);
  assert.match(String((refused as PromiseRejectedResult).reason?.hint), new RegExp(SERIAL));
});

test('one sentence says what laptops may use, and each has the same share on every page', async () => {
  await using school = await openClass();
  const { library, teacher, command } = school;
  await backUp({ context: school.context }, journal(3), OTHER);
  await command('cleanup');
  const facts = async () => {
    const disk = await read(teacher, '/xs-backup/disk');
    const [, all] = /All laptops together may use ([^,]+),/.exec(disk) ?? [];
    const [, share] = /Jocinta\s*([\d.,]+ (?:bytes|[KMGT]B) of [\d.,]+ [KMGT]B)/.exec(disk) ?? [];
    const laptop = await read(teacher, `/xs-backup/laptop/${SERIAL}`);
    const [, same] =
      /Share of the disk\s*([\d.,]+ (?:bytes|[KMGT]B) of [\d.,]+ [KMGT]B)/.exec(laptop) ?? [];
    return { all, share, same };
  };
  const before = await facts();
  assert.ok(before.all && before.share, JSON.stringify(before));
  assert.is(before.share, before.same);
  // A teacher types the digits of one laptop, which gives that one a full share.
  confirm(library.registrations, SERIAL, ed25519(1));
  const after = await facts();
  assert.is(after.all, before.all, 'what all may use is what it was');
  assert.is(after.share, after.same);
  assert.match(await command('quota'), /^all laptops together may use /m);
});

test('before the first cleanup too, each part of the disk has one size on its page and at the terminal', async () => {
  await using school = await openClass();
  const { teacher, library } = school;
  assert.equal(await library.index.usage(), [], 'nobody has counted yet');
  const size = '([\\d.,]+ (?:bytes|[KMGT]B))';
  const sizeIn = (text: string, before: string) =>
    new RegExp(`${before}\\s*${size}`).exec(text)?.[1];
  const disk = await read(teacher, '/xs-backup/disk');
  const room = sizeIn(disk, 'Backups may use');
  assert.ok(room);
  assert.is(sizeIn(disk, 'laptop fits: \\S+ \\S+ of'), room);
  assert.is(sizeIn(disk, 'All laptops together may use'), room);
  assert.not.match(disk, /Backups of this school\s*0 bytes/);
  const { parts } = await readStatus(library);
  const { parts: again } = await readParts(library);
  assert.ok(parts.backups > 0, 'what the newest Journals take is known');
  assert.is(again.backups, parts.backups);
});

test('the size of a thing is that of what one gets; what has no file has no size', async () => {
  await using school = await openClass();
  const { teacher } = school;
  const picture = pngWith('x'.repeat(4000));
  const entries: Journal = new Map([
    [uidOf(1), { title: 'small', content: '9 letters', properties: { preview: picture } }],
    [uidOf(2), { title: 'none', content: null, properties: { preview: picture } }],
  ]);
  school.clock.pass(DAY_MS);
  await backUp({ context: school.context }, entries, OTHER);
  await signIn(teacher);
  const day = `/ds-restore/${OTHER}/${OTHER}/${newest(school, OTHER).name}/`;
  const list = await read(teacher, day);
  assert.match(list, /none\s*Something else(?! ·)/);
  assert.match(await read(teacher, `${day}${uidOf(1)}/`), /Size ?9 bytes/);
  assert.match(await read(teacher, `${day}${uidOf(2)}/`), /Size ?It has no file/);
});

test('pinned days are told beside pinned things, with their size', async () => {
  await using school = await openClass();
  const { library, teacher } = school;
  pinSnapshot(library, SERIAL, newest(school).name);
  const page = await read(teacher, `/xs-backup/laptop/${SERIAL}`);
  assert.match(page, /of the [\d.,]+ [KMGT]B that pinned things may take/);
  assert.match(page, /Besides, 1 whole day is pinned: \d[^,]*, which counts in the share/);
});

test('a child whose laptop has no digits to show reads what is possible for her', async () => {
  await using school = await openClass();
  const { library, links, command } = school;
  await command('class-page', ['on']);
  assert.is(library.registrations.get(SERIAL)?.keys.own, null);
  const child = openBrowser(school.url);
  await child.get(links.make(SERIAL));
  const page = await read(child, '/ds-restore/class/', 403);
  assert.not.match(page, /Backup shows the digits/);
  assert.match(page, /Ask your teacher for a code/);
  const { body } = await child.get('/ds-restore/class/');
  assert.match(body, /href="\/ds-restore\/sign-in"/);
  // With the code she is let in.
  const { code } = JSON.parse(await command('sign-in-code', [SERIAL], { json: true }));
  await child.fill('/ds-restore/sign-in', '/ds-restore/code', { code });
  assert.is((await child.get('/ds-restore/class/')).status, 200);
  // Whose laptop shows digits is told so.
  enrol(library.registrations, OTHER, 'u', ed25519(4));
  const other = openBrowser(school.url);
  await other.get(links.make(OTHER));
  assert.match(await read(other, '/ds-restore/class/', 403), /Backup shows the digits/);
});

test('a class page that is off says so to whoever is signed in, and nothing to strangers', async () => {
  await using school = await openClass();
  const { teacher, links } = school;
  const child = openBrowser(school.url);
  await child.get(links.make(SERIAL));
  const told = await read(child, '/ds-restore/class/', 404);
  assert.match(told, /There is no class page at the moment/);
  assert.not.match(told, /typed with a mistake/);
  assert.match(await read(teacher, '/ds-restore/class/', 404), /The class page is off/);
  const stranger = await read(openBrowser(school.url), '/ds-restore/class/', 404);
  assert.match(stranger, /There is no page at this address/);
});

test('what waits for a teacher stands on the first page, and keeps status quiet', async () => {
  await using school = await openClass();
  const { library, teacher, command } = school;
  await noteSuccess(library, SERIAL);
  confirm(library.registrations, SERIAL, ed25519(1));
  const of = { nick: 'Jocinta', colors: null, limit: 1e9 };
  const offer = () =>
    offerVersion(library, SERIAL, { snapshot: newest(school), uid: uidOf(2), ...of });
  offer();
  assert.not.match(await read(teacher, '/xs-backup'), /offers something/, 'it is off');
  await command('class-page', ['on']);
  const { body } = await teacher.get('/xs-backup');
  const needs = body.slice(body.indexOf('What needs you'));
  assert.match(plain(needs), /1 child offers something to the class: Jocinta: 1/);
  assert.match(needs, /href="\/xs-backup\/offers"/);
  assert.not.match(plain(body), /Nothing\. All is well/);
  assert.match(await command('status'), /worth doing:\n.*1 child offers something/);
  // A new laptop of a child who is known.
  school.clock.pass(9 * DAY_MS);
  library.newcomers.openWindow(5);
  const fresh = 'SHC00800000' as typeof SERIAL;
  library.registrations.register(fresh, 'Jocinta', 'u2', dsaKey(9));
  await signIn(teacher);
  const later = await teacher.get('/xs-backup');
  assert.match(plain(later.body), /1 new laptop may belong to a child you know: Jocinta/);
  assert.match(later.body, /href="\/xs-backup\/waiting\?only=proposals">1 new laptop/);
});

test('who was let in is named, and that it is another key than before', async () => {
  await using school = await openClass();
  const { library, teacher, command } = school;
  const { registrations } = library;
  enrol(registrations, SERIAL, 'u', ed25519(1), { code: '111111' });
  registrations.approvals.byCode(SERIAL, '111111');
  const type = async (code: string) => {
    const question = `/xs-backup/do?act=approve&serial=${SERIAL}&code=${code}`;
    const { headers } = await teacher.fill(question, '/xs-backup/do', {});
    const told = await read(teacher, String(headers.location));
    return told.slice(told.indexOf('Who did what'), told.indexOf('Who did what') + 300);
  };
  assert.match(await type('111111'), /Confirmed: .* the laptop of Jocinta has already/);
  enrol(registrations, SERIAL, 'u', ed25519(2), { code: '222222' });
  const told = await type('222222');
  assert.match(
    told,
    /Jocinta is let in\. The laptop goes on by itself\. It has another key than before/,
  );
  enrol(registrations, SERIAL, 'u', ed25519(3), { code: '333333' });
  assert.match(await command('approve', [SERIAL, '333333']), /another key than before/);
  // One that had none before.
  enrol(registrations, OTHER, 'u', ed25519(4), { code: '444444' });
  registrations.approvals.byCode(OTHER, '444444');
});

test('a damaged thing stands first in its list, with a sign', async () => {
  await using school = await servePages();
  const { library, clock, context } = school;
  const { late } = await damagedDays(school);
  await addTeacher(library.paths, 'Rosa', 'four words are enough', clock.now());
  const teacher = openBrowser(school.url);
  await signIn(teacher);
  const day = `/ds-restore/${SERIAL}/${SERIAL}/${late.name}/`;
  const { body } = await teacher.get(day);
  const cards = body.split('class="entry"').slice(1);
  assert.is(cards.length, 3);
  for (const card of cards) {
    assert.match(card, /class="damaged"><svg[\s\S]*<\/svg> Damaged/);
  }
  const later = Array.from({ length: 30 }, (_, n) => n);
  const whole: Journal = new Map(
    later.map((n) => [
      uidOf(100 + n),
      { title: `later ${n}`, content: `${n}`, properties: { timestamp: '1900000000' } },
    ]),
  );
  clock.pass(DAY_MS);
  await backUp({ context }, whole, SERIAL);
  await signIn(teacher);
  const all = (await teacher.get(`/ds-restore/${SERIAL}/all/`)).body.split('class="entry"');
  const first = all.slice(1, 3).join('');
  assert.match(first, /Mi casa|escuela/);
  assert.match(first, /Damaged/);
  // And on the disk's page before everything else.
  const disk = await teacher.get('/xs-backup/disk');
  assert.ok(disk.body.indexOf('Damaged</h2>') < disk.body.indexOf('Who takes how much'));
  assert.match(disk.body, /class="mark damaged"[\s\S]{0,500}Damaged<\/h2>/);
});

test('"It was meant" can be taken back with one button', async () => {
  await using school = await openClass();
  const { library, teacher, command } = school;
  school.clock.pass(60_000);
  await backUp({ context: school.context }, new Map([[uidOf(90), { title: 'x', content: 'x' }]]));
  assert.is(listHeld(library.paths, SERIAL).length, 1);
  const undo = await pressAndUndo(teacher, `/xs-backup/do?act=release&serial=${SERIAL}`);
  assert.match(undo, /They are held aside again/);
  assert.is(listHeld(library.paths, SERIAL).length, 1);
  assert.match(
    await read(teacher, '/xs-backup/audit'),
    /Rosa had 1 backup of Jocinta .* held aside/,
  );
  const holding = listHolding(library);
  const group = holding[0]?.reason ?? '';
  const sum = heldSum(holding, group);
  const many = await pressAndUndo(
    teacher,
    `/xs-backup/do?${new URLSearchParams({ act: 'release-many', group, sum })}`,
  );
  assert.match(many, /They are held aside again/);
  await command('release', [SERIAL]);
  assert.match(await command('release', [SERIAL, 'undo']), /1 backup held aside again/);
});

/** Does it, and presses "Undo" on the page it leads to; what the next page says. */
async function pressAndUndo(teacher: Browser, question: string): Promise<string> {
  const done = await teacher.fill(question, '/xs-backup/do', {});
  return act(teacher, String(done.headers.location), /Undo/);
}

test('a sign-in stands in "Who did what"', async () => {
  await using school = await openClass();
  assert.match(
    await read(school.teacher, '/xs-backup/audit'),
    /Rosa signed in to the teachers' pages/,
  );
  assert.match(await school.command('audit'), /signed-in {2,}by teacher Rosa/);
});

test.run();
