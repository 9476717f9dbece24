// weight: 20
/**
 * Copies that a child made from a day in the Journal, as Sugar makes them: none makes her wait long, one that broke
 * off is fetched, and one that came by a stick loses its mark. With the real agent, school, datastore, sshfs and kernel.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Variant } from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canMount } from '../../../agent/volume/mount.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { readJournal } from '../../journal/compare.ts';
import { waitFor, within } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import type { Laptop } from '../laptop.ts';
import { RunningAgent } from '../running-agent.ts';
import type { School } from '../school.ts';
import { hold, programsOf } from '../senders.ts';
import { startWithDay } from './backed-up.ts';

const all = suite('copies from a day in the Journal');
const test = testIf(canMount(process.env), all, 'needs sshfs and /dev/fuse');

/** Sugar opens in its main loop what it copies to a stick, in milliseconds. */
const FROZEN_MS = 2000;

let school: School;
let laptop: Laptop;
let agent: RunningAgent;

all.before(async () => {
  if (!canMount(process.env)) return;
  ({ school, laptop } = await startWithDay());
  agent = await RunningAgent.start(laptop);
});

all.after(async () => {
  await agent?.[Symbol.asyncDispose]();
  await school?.[Symbol.asyncDispose]();
});

/** One thing of the day: its file, its properties as Sugar reads them, and its mark. */
async function firstThing() {
  const folder = join(laptop.home, 'School');
  const [name = ''] = (await readdir(folder)).filter((one) => !one.startsWith('.'));
  const text = await readFile(join(folder, '.Sugar-Metadata', `${name}.metadata`), 'utf8');
  const properties: Record<string, string> = JSON.parse(text);
  const mark = JSON.parse(properties['ds-backup-kept'] ?? '');
  return { file: join(folder, name), properties, uid: String(mark.uid), digest: mark.content };
}

/** Copies into the Journal; the uid of the copy. */
async function copy(properties: Record<string, string>, file: string): Promise<string> {
  const before = new Set(readJournal(laptop.journal).keys());
  const sent = Object.entries(properties).map(([key, value]) => [key, new Variant('s', value)]);
  // The datastore may say that the content cannot be read; Sugar's Journal shows that to nobody.
  await laptop.datastore('create', Object.fromEntries(sent), file, false).catch(() => {});
  const uids = [...readJournal(laptop.journal).keys()].filter((uid) => !before.has(uid));
  assert.is(uids.length, 1);
  return String(uids[0]);
}

const inEntry = (uid: string, name: string) => join(laptop.journal, uid.slice(0, 2), uid, name);
const isMarked = (uid: string) => existsSync(inEntry(uid, 'metadata/ds-backup-kept'));

function bytesOf(uid: string): Buffer {
  const file = inEntry(uid, 'data');
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}

test('a copy that broke off is fetched: all of its bytes, and then without its mark', async () => {
  await agent.ask('OpenInJournal', 'ss', ['', '']);
  const { file, properties, uid, digest } = await firstThing();
  const held = hold(programsOf(school.server));
  assert.ok(held, 'there is a server');
  let broken: string;
  try {
    broken = await copy(properties, file);
    assert.is(bytesOf(broken).length, 0, 'it did break off');
    assert.ok(isMarked(broken));
  } finally {
    held[Symbol.dispose]();
  }
  await agent.until('its content', () => !isMarked(broken));
  assert.is(digestOf(bytesOf(broken)), digest);
  assert.equal(bytesOf(broken), bytesOf(uid), 'as in the entry that it is a copy of');
  const title = (one: string) => readFileSync(inEntry(one, 'metadata/title'), 'utf8');
  assert.is(title(broken), title(uid));
  await agent.ask('CloseInJournal');
});

test('who opens one that does not come is answered before a screen looks frozen, and has it later', async () => {
  await agent.ask('OpenInJournal', 'ss', ['', '']);
  const { file, digest } = await firstThing();
  const held = hold(programsOf(school.server));
  assert.ok(held, 'there is a server');
  try {
    const start = performance.now();
    const { stderr } = await laptop.run('cat', [file]);
    const tookMs = performance.now() - start;
    assert.match(stderr, /Input\/output error/);
    await within('opening', FROZEN_MS, tookMs);
  } finally {
    held[Symbol.dispose]();
  }
  const read = () => readFile(file).catch(() => undefined);
  const content = await waitFor('all of it', read);
  assert.is(digestOf(content), digest);
  await agent.ask('CloseInJournal');
});

test('a copy that went to a stick and comes from there loses its mark, though no day is open', async () => {
  await agent.ask('OpenInJournal', 'ss', ['', '']);
  const { file, properties, digest } = await firstThing();
  const onStick = join(laptop.home, 'on a stick');
  await waitFor('the content', async () => {
    writeFileSync(onStick, await readFile(file).catch(() => ''));
    return digestOf(readFileSync(onStick)) === digest;
  });
  await agent.ask('CloseInJournal');
  const note = join(laptop.profile, 'ds-backup/copies');
  await waitFor('nothing to look after', () => !existsSync(note));
  const brought = await copy(properties, onStick);
  assert.ok(isMarked(brought), 'Sugar takes it along');
  await agent.until('no mark', () => !isMarked(brought));
  assert.is(digestOf(bytesOf(brought)), digest);
});

all.run();
