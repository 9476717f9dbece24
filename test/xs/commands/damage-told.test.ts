/**
 * Damage at the terminal: every command that meets it says whose it is, what it is called and the way out, goes on
 * with the rest, and ends with a code that tells a script.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { concerns } from '../../../xs/admin/concerns.ts';
import { readStatus } from '../../../xs/admin/status.ts';
import { inLaptop, inPool } from '../../../xs/storage/paths.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { discard } from '../../../xs/storage/trash.ts';
import {
  CONTENT,
  damagedDays,
  drawings,
  flipBit,
  METADATA,
  ONLY,
  poolFiles,
} from '../integrity/damage-library.ts';
import { backUp, SERIAL, sendEntry, uidOf } from '../library.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';
import { run } from './told.ts';

const test = suite('damage at the terminal');

test('the sums of a day with damaged entries: all others are printed, these are named, with the way out', async () => {
  await using whole = await openWhole();
  const { late } = await damagedDays(whole);
  const { text, exit, error } = await run(whole, 'sums', [SERIAL, 'latest']);
  assert.is(exit, 1);
  const lines = text.trimEnd().split('\n');
  assert.is(lines.length, 4, 'three of metadata, and the content of the one that can be read');
  for (const line of lines) assert.match(line, /^[0-9a-f]{64} {2}[0-9a-f-]{36}(\.metadata)?$/);
  assert.ok(lines.some((line) => line.endsWith(`  ${CONTENT}`)));
  assert.is(error?.code, 'damaged');
  const { message = '', hint = '' } = error ?? {};
  for (const part of [
    `${SERIAL} (Jocinta)`,
    late.name,
    `${METADATA}.metadata ("Mi escuela")`,
    `${ONLY}.metadata`,
  ])
    assert.ok(message.includes(part), `${part}: ${message}`);
  assert.match(hint, /"xs-backup scrub --all".*"xs-backup damage"/);
  const json = await run(whole, 'sums', [SERIAL, 'latest'], { json: true });
  const { sums, damaged } = JSON.parse(json.text);
  assert.equal(sums, lines);
  assert.equal(damaged, [`${METADATA}.metadata`, `${ONLY}.metadata`]);
});

test('what no day has whole has a way out: that laptop, or for one that is gone the copy elsewhere', async () => {
  await using whole = await openWhole();
  await damagedDays(whole);
  const thing = (text: string) => text.split('\n').find((line) => line.includes(ONLY)) ?? '';
  const { text, exit } = await run(whole, 'damage');
  assert.is(exit, 3);
  assert.match(thing(text), /no day has it whole: switch that laptop on near this server/);
  whole.library.registrations.retire(SERIAL);
  assert.match(
    thing((await run(whole, 'damage')).text),
    /no longer used|used no more; only a copy/,
  );
});

test('status names the child whose content the scrub found damaged, and "laptops" does not call it safe', async () => {
  await using whole = await openWhole();
  await damagedDays(whole);
  const found = concerns(await readStatus(whole.library)).find(
    ({ type }) => type === 'damaged-laptops',
  );
  assert.equal(
    found && 'laptops' in found ? found.laptops.map(({ nick }) => nick) : [],
    ['Jocinta'],
    'on "What needs you" as well: it is the same list',
  );
  const { text } = await run(whole, 'laptops');
  assert.match(text, /^CSN74803BB1 {2}Jocinta .*DAMAGED/m);
  assert.not.match(text, /\bsafe\b/);
  const [row] = JSON.parse((await run(whole, 'laptops', [], { json: true })).text).laptops;
  assert.is(row.damaged, true);
  assert.match((await run(whole, 'status')).text, /NOT SAFE {2}Jocinta/);
});

test('damage on older days only leaves the newest backup safe, and is named; what is gone is not', async () => {
  await using whole = await openWhole();
  const { late } = await damagedDays(whole);
  const { library, clock } = whole;
  clock.pass(DAY_MS);
  await backUp(whole, new Map([[CONTENT, { title: 'new', content: 'new' }]]), SERIAL);
  const [newest] = listSnapshots(library.paths, SERIAL);
  if (!newest) throw new Error('there is a third day');
  await library.successes.note(newest, library.timeline.now());
  const standing = async () => {
    const { damagedLaptops, laptops } = await readStatus(library);
    return [damagedLaptops.map(({ nick }) => nick), laptops[0]?.standing];
  };
  assert.equal(await standing(), [['Jocinta'], 'safe']);
  discard(library.paths, SERIAL, late.folder, 'asked-for', library.timeline.now());
  assert.equal(await standing(), [[], 'safe']);
});

test('scrub and damage end with 3 while anything is damaged, and with 0 when nothing is', async () => {
  await using whole = await openWhole();
  await damagedDays(whole, { noted: false });
  const first = await run(whole, 'scrub', [], { all: true });
  assert.is(first.exit, 3);
  assert.match(first.text, /^damaged: CSN74803BB1\/datastore-\S+ {2}Jocinta: "Mi casa"$/m);
  assert.match(first.text, new RegExp(`${METADATA}.metadata {2}Jocinta: "Mi escuela"$`, 'm'));
  assert.match(first.text, /"xs-backup damage" says/);
  const again = await run(whole, 'scrub', [], { all: true });
  assert.is(again.exit, 3, 'nothing new, and all of it still there');
  assert.not.match(again.text, /no damage/);
  assert.is((await run(whole, 'damage')).exit, 3);
  await using well = await openWhole();
  assert.is((await run(well, 'scrub', [], { all: true })).exit, 0);
  assert.is((await run(well, 'damage')).exit, 0);
});

test('verify names the child and the thing behind each file', async () => {
  await using whole = await openWhole();
  await damagedDays(whole);
  const { text, exit } = await run(whole, 'verify', [SERIAL]);
  assert.is(exit, 1);
  assert.match(text, new RegExp(`^damaged: \\S+/${CONTENT} {2}Jocinta: "Mi casa"$`, 'm'));
  assert.match(
    text,
    new RegExp(`^damaged: \\S+/${METADATA}.metadata {2}Jocinta: "Mi escuela"$`, 'm'),
  );
  assert.match(text, new RegExp(`^damaged: \\S+/${ONLY}.metadata {2}Jocinta: "Sola"$`, 'm'));
  const lines = (await run(whole, 'verify', [SERIAL], { json: true })).text.trim().split('\n');
  const one = lines.map((line) => JSON.parse(line)).find(({ path }) => path?.endsWith(CONTENT));
  assert.equal([one?.nick, one?.title], ['Jocinta', 'Mi casa']);
});

test('of a disk that dies, verify says for how many things no title was looked up', async () => {
  await using whole = await openWhole();
  await backUp(whole, drawings(205), SERIAL);
  const { paths } = whole.library;
  for (const file of poolFiles(paths.library)) flipBit(file);
  const left = /^the titles of 5 more things were not looked up$/m;
  const { text } = await run(whole, 'verify', [SERIAL]);
  assert.match(text, left);
  const verified = (await run(whole, 'verify', [SERIAL], { json: true })).text.trim().split('\n');
  assert.is(JSON.parse(verified.at(-1) ?? '').untitled, 5);
});

test('verify finds it, the scrub notes it, the next backup repairs it, and verify finds all of it whole', async () => {
  await using whole = await openWhole();
  const { paths } = whole.library;
  const journal = drawings(3);
  await backUp(whole, journal, SERIAL);
  const uid = uidOf(1);
  const entry = journal.get(uid);
  flipBit(inPool(paths, digestOf(entry?.content ?? '')).file(0));
  const before = await run(whole, 'verify', [SERIAL]);
  assert.is(before.exit, 1);
  assert.match(before.text, /not all of it is whole/);
  assert.is((await run(whole, 'scrub', [], { all: true })).exit, 3);
  const asked = await backUp(whole, journal, SERIAL);
  assert.equal(asked.state === 'missing' && asked.missing, [uid]);
  if (entry) sendEntry(inLaptop(paths, SERIAL).incoming, uid, entry);
  assert.is((await backUp(whole, journal, SERIAL)).state, 'done');
  const after = await run(whole, 'verify', [SERIAL]);
  assert.is(after.exit, 0, after.text);
  assert.match(after.text, /all of it is whole/);
  for (const command of ['damage', 'scrub'] as const) {
    assert.is((await run(whole, command, [], command === 'scrub' ? { all: true } : {})).exit, 0);
  }
});

test('export --keep-going writes the rest and ends with 3', async () => {
  await using whole = await openWhole();
  await damagedDays(whole);
  const folder = mkdtempSync(join(tmpdir(), 'ds-out-'));
  try {
    const args = [SERIAL, 'latest', join(folder, 'out')];
    const told = await run(whole, 'export', args, { 'keep-going': true });
    assert.is(told.exit, 3, told.text);
    assert.match(told.text, /without /);
    const early = ['Jocinta', '2026-03-02', join(folder, 'early')];
    assert.is((await run(whole, 'export', early)).exit, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('each command that only reads takes the laptop of that name that is used', async () => {
  await using whole = await openWhole();
  await damagedDays(whole, { noted: false });
  const { registrations } = whole.library;
  registrations.register(serialOf(2), 'Jocinta', 'u', dsaKey(2));
  registrations.retire(serialOf(2));
  const calls: [string, string[]][] = [
    ['snapshots', ['Jocinta']],
    ['sums', ['Jocinta', '2026-03-02']],
    ['pins', ['Jocinta']],
    ['not-safe', ['Jocinta']],
    ['trash', ['Jocinta']],
    ['audit', ['Jocinta']],
    ['verify', ['Jocinta']],
  ];
  for (const [command, args] of calls) {
    const { error } = await run(whole, command, args);
    assert.not.match(error?.message ?? '', /may be any of/, command);
  }
  const asks = [
    ['retire', ['Jocinta']],
    ['pin', ['Jocinta', 'latest', uidOf(1)]],
    ['sign-in-code', ['Jocinta']],
  ] as const;
  for (const [command, args] of asks) {
    const { error } = await run(whole, command, [...args]);
    assert.match(error?.message ?? '', /may be any of 2 laptops/, command);
  }
});

test.run();
