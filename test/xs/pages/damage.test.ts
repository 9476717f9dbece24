/**
 * Damage as a teacher and a child meet it: whose thing it is, what it is called, which day has it whole; at the
 * terminal, on the disk's page, in the Journal, and in what is taken along.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addTeacher } from '../../../xs/admin/teachers.ts';
import { inEntry } from '../../../xs/storage/paths.ts';
import { findThings } from '../../../xs/takeaway/things.ts';
import { CONTENT, damagedDays, METADATA, ONLY } from '../integrity/damage-library.ts';
import { SERIAL } from '../library.ts';
import { openBrowser, servePages } from './browser.ts';

const test = suite('damage in the words of a school');

const PASSWORD = 'four words are enough';
const SIGN_IN = '/ds-restore/sign-in';

async function school() {
  const server = await servePages('', '2026-10-15T08:00:00Z');
  const { library } = server;
  const { late, early } = await damagedDays(server);
  await addTeacher(library.paths, 'Rosa', PASSWORD, new Date());
  const teacher = openBrowser(server.url);
  await teacher.fill(SIGN_IN, SIGN_IN, { name: 'Rosa', password: PASSWORD });
  const child = openBrowser(server.url);
  await child.get(server.links.make(SERIAL));
  return { ...server, teacher, child, late, early };
}

const plain = (html: string) => html.replace(/<[^>]+>/g, '').replace(/[\u2066-\u2069]/g, '');

test('terminal and page name the child, the thing, and the day that has it whole; so does a takeaway', async () => {
  await using server = await school();
  const { late, early } = server;
  const told = await server.command('damage');
  const who = `Jocinta \\(${SERIAL}\\)`;
  assert.match(
    told,
    new RegExp(`^${who}: "Mi casa" is damaged in ${late.name}; ${early.name} has`, 'm'),
  );
  assert.match(
    told,
    new RegExp(`^${who}: "Mi escuela" is damaged in ${late.name}; ${early.name} has`, 'm'),
  );
  assert.match(
    told,
    new RegExp(`^${who}: ${ONLY} is damaged in ${late.name}; no day has it whole`, 'm'),
  );
  assert.match(told, /^the files:$/m);
  assert.match(
    await server.command('not-safe', [SERIAL]),
    /3 things of its backups are damaged.*"xs-backup damage"/,
  );
  // And on the disk's page.
  const { body } = await server.teacher.get('/xs-backup/disk');
  assert.match(
    plain(body),
    /Jocinta: Mi casa · damaged on Friday, October 16.* · whole on Thursday, October 15/,
  );
  assert.match(plain(body), /a thing without a title that can be read.* · no day has it whole/);
  const at = ({ name }: { name: string }, uid: string) =>
    `/ds-restore/${SERIAL}/${SERIAL}/${name}/${uid}/`;
  for (const day of [server.late, server.early])
    assert.ok(body.includes(`href="${at(day, CONTENT)}"`));
  assert.is((await server.teacher.get(at(server.early, METADATA))).status, 200);
  // What is taken along in an older version is of the Journal all the same, and named.
  const { things, leftOut, older } = await findThings(server.library.paths, [SERIAL]);
  assert.equal(things.map(({ title, place }) => [title, place]).sort(), [
    ['Mi casa', 'journal'],
    ['Mi escuela', 'journal'],
  ]);
  assert.equal(older.map(({ title }) => title).sort(), ['Mi casa', 'Mi escuela']);
  assert.equal(
    leftOut.map(({ uid }) => uid),
    [ONLY],
  );
});

test('in the Journal a damaged thing has its name, is found by it, and leads to the whole day', async () => {
  await using server = await school();
  const { child, teacher, late, early } = server;
  const home = `/ds-restore/${SERIAL}/`;
  const day = `${home}${SERIAL}/${late.name}/`;
  const list = await child.get(day);
  for (const name of ['Mi casa', 'escuela']) {
    assert.match(plain(list.body.split(name)[1] ?? ''), /^[\s\S]{0,200}Damaged/, name);
  }
  assert.match(plain((await child.get(`${home}all/?q=escuela`)).body), /1 thing/);
  assert.match(plain((await child.get(`${day}?q=escuela`)).body), /1 thing/);
  for (const uid of [CONTENT, METADATA]) {
    const page = (await child.get(`${day}${uid}/`)).body;
    assert.match(page, /Another day has it whole/);
    assert.ok(page.includes(`href="${home}${SERIAL}/${early.name}/${uid}/"`), uid);
    assert.not.match((await child.get(`${home}${SERIAL}/${early.name}/${uid}/`)).body, /damaged/);
  }
  assert.match((await child.get(`${day}${METADATA}/`)).body, /<h1><bdi>Mi escuela/);
  assert.match(
    (await child.get(`${day}${ONLY}/`)).body,
    /no other day has it whole\. If your laptop still has it,.* Tell your teacher/,
  );
  assert.not.match((await teacher.get(`${day}${ONLY}/`)).body, /Tell your teacher/);
});

test('metadata that was changed and can still be read is no whole version', async () => {
  await using server = await school();
  const { child, early } = server;
  const { metadata } = inEntry(early.folder, METADATA);
  chmodSync(metadata, 0o640);
  writeFileSync(metadata, readFileSync(metadata, 'utf8').replace('Mi escuela', 'Xx escuela'));
  const page = await child.get(`/ds-restore/${SERIAL}/${SERIAL}/${early.name}/${METADATA}/`);
  assert.match(page.body, /no other day has it whole/);
});

test.run();
