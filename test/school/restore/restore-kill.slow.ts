// weight: 50
/**
 * Kills -9 at moments chosen by chance, of a complete restore and of its rsync and ssh,
 * into an empty Journal and into one in use, with somebody writing to it meanwhile: every
 * restore gets there in the end, and no entry is torn, doubled or lost.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import dbus from 'dbus-next';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Bus } from '../../../shared/system/bus.ts';
import { compareJournals, type JournalSums, readJournal } from '../../journal/compare.ts';
import { changeJournal, generateJournal } from '../../journal/generator.ts';
import { type Random, seededRandom } from '../../journal/random.ts';
import { waitFor } from '../../runner/patience.ts';
import { soak } from '../../soak.ts';
import type { Laptop } from '../laptop.ts';
import { runUntil, type Victim } from '../mortal.ts';
import { startSchool } from '../school.ts';

const test = suite('a restore that is killed again and again');

const KILLS = soak(100, 9);
const KILLS_A_RESTORE = soak(8, 4);
const ENTRIES = 60;
const EDITED = 5;
const STORE = 'org.laptop.sugar.DataStore';

/** Sugar's shell: it stays with the datastore it found at first, and hears what that one says. */
class Shell implements Disposable {
  readonly #bus: Bus;
  readonly #owner: string;
  heard = 0;

  private constructor(bus: Bus, owner: string) {
    this.#bus = bus;
    this.#owner = owner;
  }

  static async open(laptop: Laptop): Promise<Shell> {
    await laptop.countEntries(); // starts it
    const bus = await Bus.open(laptop.env.DBUS_SESSION_BUS_ADDRESS ?? '');
    const daemon = {
      name: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      iface: 'org.freedesktop.DBus',
    };
    const [owner] = await bus.call(daemon, 'GetNameOwner', 's', [STORE]);
    const shell = new Shell(bus, String(owner));
    await bus.onSignal({ path: '', iface: STORE }, 'Updated', () => {
      shell.heard += 1;
    });
    return shell;
  }

  async count(): Promise<number> {
    const [, count] = await this.#ask('find', 'a{sv}as', [{}, ['uid']]);
    return Number(count);
  }

  /** In its index: 0 while it makes a new one. */
  async indexed(): Promise<number> {
    const [uids] = await this.#ask('find_ids', 'a{sv}', [{}]);
    return (uids as unknown[]).length;
  }

  async create(title: string): Promise<string> {
    const properties = { title: new dbus.Variant('s', title) };
    const [uid] = await this.#ask('create', 'a{sv}sb', [properties, '', false]);
    return String(uid);
  }

  #ask(member: string, signature: string, body: unknown[]): Promise<unknown[]> {
    const target = { name: this.#owner, path: '/org/laptop/sugar/DataStore', iface: STORE };
    return this.#bus.call(target, member, signature, body);
  }

  [Symbol.dispose](): void {
    this.#bus[Symbol.dispose]();
  }
}

/** The child at work: entries that come while the restore runs. */
class Writer {
  readonly uids: string[] = [];
  #going = true;
  readonly #done: Promise<void>;

  constructor(shell: Shell) {
    this.#done = this.#write(shell);
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.#done;
  }

  async #write(shell: Shell): Promise<void> {
    while (this.#going) {
      this.uids.push(await shell.create(`made meanwhile ${this.uids.length}`));
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }
}

/** What must be there in the end, and how many dated versions beside. */
interface Wanted {
  saved: JournalSums;
  /** As it was when the restore began. */
  before: JournalSums;
}

function judge(what: string, { saved, before }: Wanted, laptop: Laptop, made: string[]): number {
  const after = readJournal(laptop.journal);
  const kept = compareJournals(before, after);
  assert.equal([kept.different, kept.missing], [[], []], `${what}: what was there stays`);
  const back = compareJournals(saved, after);
  assert.equal(back.missing, [], `${what}: nothing is lost`);
  const edited = compareJournals(saved, before).different;
  assert.equal(back.different.sort(), edited.sort(), `${what}: nothing is torn`);
  const news = back.extra.filter((uid) => !before.has(uid));
  const beside = news.filter((uid) => !made.includes(uid));
  assert.is(beside.length, edited.length, `${what}: each other version comes once`);
  assert.is(news.length, made.length + beside.length, `${what}: what was made meanwhile stays`);
  return after.size;
}

const VICTIMS: readonly Victim[] = ['program', 'program', 'rsync', 'ssh'];

async function restoreKilled(
  laptop: Laptop,
  random: Random,
  wholeMs: number,
  before: number,
): Promise<number> {
  let kills = 0;
  for (let attempt = 0; attempt < 3 * KILLS_A_RESTORE && kills < KILLS_A_RESTORE; attempt += 1) {
    // What was done is not done again, so that later runs are shorter.
    const after = wholeMs * (attempt === 0 ? random.unit() : 0.1 + 0.5 * random.unit());
    const victim = VICTIMS[(before + kills) % VICTIMS.length] ?? 'program';
    const death = await runUntil(laptop, ['restore', 'latest'], victim, after);
    if (death.killed) kills += 1;
    else if (death.exitCode === 0) break; // it was through before its time
  }
  const done = await laptop.backup(['restore', 'latest', '--wait']);
  assert.is(done.exitCode, 0, done.stderr);
  return kills;
}

test(`${KILLS} kills: every restore gets there, and nothing is torn, doubled or lost`, async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: ENTRIES, seed: 21 });
  assert.is((await laptop.backup(['now'])).exitCode, 0);
  const saved = readJournal(laptop.journal);
  await laptop.loseJournal();
  await laptop.startBus();
  await laptop.countEntries();
  const start = performance.now();
  assert.is((await laptop.backup(['restore', 'latest'])).exitCode, 0);
  const wholeMs = performance.now() - start;
  let kills = 0;
  for (let round = 0; kills < KILLS && round < KILLS; round += 1) {
    const random = seededRandom(`restore kill ${round}`);
    const what = `round ${round}`;
    await laptop.loseJournal();
    if (round % 3 === 1) fillUsed(laptop, round);
    using shell = await Shell.open(laptop);
    const before = readJournal(laptop.journal);
    const writer = new Writer(shell);
    kills += await restoreKilled(laptop, random, wholeMs, kills);
    await writer.stop();
    const entries = judge(what, { saved, before }, laptop, writer.uids);
    assert.is(await shell.count(), entries, `${what}: Sugar's shell sees them all`);
    assert.ok(shell.heard > 0, `${what}: and was told to look again`);
    await waitFor(`${what}: the index has them all`, async () => {
      return (await shell.indexed()) === entries;
    });
  }
  process.stderr.write(`${kills} kills in ${seconds(start)} s\n`);
  assert.ok(kills >= KILLS, `${kills} kills`);
});

const seconds = (since: number) => Math.round((performance.now() - since) / 1000);

/** A Journal in use: some of the saved entries, a few of them edited since, and others. */
function fillUsed(laptop: Laptop, seed: number): void {
  const saved = generateJournal(laptop.journal, { entries: ENTRIES, seed: 21 });
  changeJournal(laptop.journal, { count: EDITED, seed });
  for (const uid of saved.slice(0, 40)) {
    rmSync(join(laptop.journal, uid.slice(0, 2), uid), { recursive: true, force: true });
  }
  generateJournal(laptop.journal, { entries: 12, seed: 100 + seed });
}

test.run();
