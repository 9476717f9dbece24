/**
 * `scrub`, `damage` and `verify`: whether stored content still matches its digests; `relink`, which links
 * it together again; and `rebuild`, which makes the index again from the disk.
 */
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { formatBytes } from '../../shared/words/quantity.ts';
import { type DamagedThing, damagedThings } from '../admin/damaged-things.ts';
import { readOffers } from '../class-page/offer-file.ts';
import { laptopsIn, lostSnapshot } from '../integrity/checker.ts';
import { type NamesFinding, readFindings } from '../integrity/findings.ts';
import { checkEverything, relink } from '../integrity/relink.ts';
import { scrubNextShard } from '../integrity/scrub.ts';
import { addDay, readScrubState, SHARDS, writeScrubState } from '../integrity/scrub-state.ts';
import { countSnapshots, type Totals, verifySnapshots } from '../integrity/verify.ts';
import type { Library } from '../library.ts';
import { readReplaced } from '../registration/alias-files.ts';
import { checkGroupHere } from '../ssh/account.ts';
import type { Paths } from '../storage/paths.ts';
import { localLaptop } from './arguments.ts';
import { answer, type Command, type LocalCommand, NEEDS_ATTENTION } from './command.ts';
import { counted, localTime } from './lines.ts';
import { ThingNames } from './thing-names.ts';

export const scrub: Command = {
  flags: ['all'],
  summary: "verify a day's share of all content, or all of it, and repair what can be repaired",
  run: async (context) => {
    const { library, flags, signal } = context;
    const { paths, clock, log } = library;
    const state = readScrubState(paths, clock.now(), log);
    writeScrubState(paths, flags.all ? { ...state, owed: SHARDS } : addDay(state));
    const sum = { files: 0, bytes: 0, swept: 0, sweptBytes: 0 };
    const damaged: string[] = [];
    await checkEverything(library, signal);
    for (;;) {
      const done = await scrubNextShard(library, { signal });
      if (!done) break;
      for (const key of ['files', 'bytes', 'swept', 'sweptBytes'] as const) sum[key] += done[key];
      damaged.push(...done.damaged.flatMap(({ names }) => names));
    }
    // What the shards have repaired counts no more.
    const findings = laptopsIn(paths).reduce((all, one) => all + readFindings(paths, one).count, 0);
    const left = new Set(library.pool.damage.list().flatMap(({ names }) => names ?? []));
    const known = library.pool.damage.list().length;
    const names = new ThingNames(paths);
    answer(context, { ...sum, damaged, findings, known }, () => [
      `${counted(sum.files, 'file')} read (${formatBytes(sum.bytes)}), ` +
        `${sum.swept} unused ones removed (${formatBytes(sum.sweptBytes)})`,
      ...(damaged.length + findings + known === 0 ? ['no damage'] : []),
      ...damaged.map((name) => {
        return `${left.has(name) ? 'damaged' : 'was damaged, and is repaired'}: ${names.line(name)}`;
      }),
      ...(findings > 0
        ? [`${counted(findings, 'file')} of snapshots ${findings === 1 ? 'is' : 'are'} bad`]
        : []),
      ...(findings + known > 0 ? ['"xs-backup damage" says whose it is, and the way out'] : []),
    ]);
    return findings + known > 0 ? NEEDS_ATTENTION : 0;
  },
};

export const damage: Command = {
  onlyReads: true,
  summary: 'content known to be damaged, and the affected snapshots',
  run: (context) => {
    const { paths, pool, registrations } = context.library;
    const records = pool.damage.list();
    const laptops = laptopsIn(paths).map((serial) => {
      const nick = registrations.nickOf(serial);
      return { serial, nick, ...findingsOf(context.library, serial) };
    });
    const damaged = laptops.filter(({ count }) => count > 0);
    const things = damagedThings(context.library);
    answer(context, { things, damage: records, laptops: damaged }, () => [
      ...(damaged.length + records.length === 0 ? ['no damage is known'] : things.map(toldOf)),
      ...(things.length > 0 ? ['', 'the files:'] : []),
      ...damaged.flatMap(({ serial, nick, count, findings }) => [
        `${serial} ${nick}: ${counted(count, 'file')}`,
        ...findings.map(({ folder, file, what, title }) => {
          const named = title === null ? '' : `  ${JSON.stringify(title)}`;
          return `  ${what}: ${join(folder, file)}${named}`;
        }),
      ]),
      ...records.flatMap(({ digest, found, names }) => [
        `${digest}  found ${localTime(found)}`,
        ...(names ?? []).map((name) => `  ${name}`),
      ]),
    ]);
    return damaged.length + records.length > 0 ? NEEDS_ATTENTION : 0;
  },
};

export const relinkCommand: Command = {
  summary: 'link all names to the pool again, after a copy without hard links; says what it saved',
  run: async (context) => {
    const { library, progress, signal } = context;
    const of = laptopsIn(library.paths).length;
    let laptop = 0;
    const done = await relink(library, {
      signal,
      onLaptop: (serial) => {
        laptop += 1;
        progress({ done: laptop, of, text: `laptops, ${serial}` });
      },
    });
    const { names, freedBytes, freedInodes, differed, differedNames, findings } = done;
    answer(context, done, () => [
      `${counted(names, 'name')} linked again: ${formatBytes(freedBytes)} and ` +
        `${counted(freedInodes, 'inode')} saved`,
      ...differedNames.map((name) => `differed, replaced by the good content: ${name}`),
      ...(differed > differedNames.length
        ? [`and ${differed - differedNames.length} more differed: the log names them`]
        : []),
      ...(findings > 0
        ? [`${counted(findings, 'file')} of snapshots are bad: see "xs-backup damage"`]
        : []),
    ]);
    return findings + differed > 0 ? NEEDS_ATTENTION : 0;
  },
};

/** `Ana (SHC…): "My house" is damaged in datastore-…; datastore-… has it whole` */
function toldOf(thing: DamagedThing): string {
  const { serial, nick, uid, title, days, wholeIn } = thing;
  const who = nick === '' ? serial : `${nick} (${serial})`;
  const [newest, ...older] = days;
  const where = newest
    ? ` in ${newest}${older.length > 0 ? ` and ${counted(older.length, 'older day')}` : ''}`
    : ', pinned or held aside';
  const whole = wholeIn ? `${wholeIn} has it whole` : `no day has it whole: ${wayBack(thing)}`;
  return `${who}: ${title === null ? uid : JSON.stringify(title)} is damaged${where}; ${whole}`;
}

/** Where it may come from that no day has whole. */
function wayBack({ gone }: DamagedThing): string {
  return gone
    ? 'its laptop is used no more; only a copy elsewhere may have it'
    : 'switch that laptop on near this server; what it still has, its next backup brings back';
}

/** What the last check noted, and what can be seen at once. */
function findingsOf({ paths, registrations, troubles }: Library, serial: Serial) {
  const noted = readFindings(paths, serial);
  const findings = noted.count > 0 ? noted.findings : lostSnapshot(paths, serial);
  const record = {
    folder: '',
    file: 'registration.json',
    what: 'unreadable',
    title: null,
  } as const;
  const more: NamesFinding[] = registrations.unreadable().includes(serial) ? [record] : [];
  if (readOffers(paths, serial).damaged) more.push({ ...record, file: '.class-page.json' });
  const trouble = troubles.get(serial);
  if (trouble) more.push({ ...record, file: trouble });
  const count = Math.max(noted.count, findings.length) + more.length;
  return { count, findings: [...more, ...findings] };
}

export const verify: LocalCommand = {
  takes: ['[LAPTOP]'],
  summary: 'verify every snapshot completely; changes nothing',
  run: async ({ paths, config, args, flags, print, progress, signal }) => {
    const serials = args[0] === undefined ? laptopsIn(paths) : withOlder(paths, args[0]);
    const of = serials.reduce((sum, serial) => sum + countSnapshots(paths, serial), 0);
    const onProgress = ({ snapshots, files }: Totals) =>
      progress({ done: snapshots, of, text: `snapshots, ${files} files read` });
    const findings = verifySnapshots(paths, serials, { signal, onProgress });
    const names = new ThingNames(paths);
    let totals: Totals | undefined;
    while (!totals) {
      const next = await findings.next();
      if (next.done) totals = next.value;
      else if (!flags.json) print(`${next.value.what}: ${names.line(next.value.path)}\n`);
      else print(`${JSON.stringify({ ...next.value, ...names.of(next.value.path) })}\n`);
    }
    const { damaged } = totals;
    print(`${flags.json ? JSON.stringify(totals) : verdict(totals)}\n`);
    if (damaged > 0) {
      throw new DsError('damaged', `${counted(damaged, 'problem')} found`, {
        hint:
          'nothing was noted or changed: "xs-backup scrub --all" does that, repairs what it can, and ' +
          '"xs-backup damage" then names the things',
      });
    }
    checkGroupHere(paths, config.ssh, serials);
  },
};

/** One laptop, and those whose place it takes: what they left is its own. */
function withOlder(paths: Paths, text: string): Serial[] {
  const serial = localLaptop(paths, text);
  return [serial, ...readReplaced(paths, serial)];
}

function verdict({ snapshots, entries, files, bytes, damaged }: Totals): string {
  const read =
    `${counted(snapshots, 'snapshot')}, ${counted(entries, 'entry', 'entries')}, ` +
    `${counted(files, 'file')} read (${formatBytes(bytes)})`;
  if (damaged > 0) return `${read}: not all of it is whole`;
  return snapshots === 0 ? 'nothing is stored here' : `${read}: all of it is whole`;
}

/** The disk is authoritative. */
export const rebuild: Command = {
  summary: 'make the index again from the disk',
  run: async (context) => {
    const { library, progress } = context;
    const snapshots = await library.workQueue.run(() =>
      library.index.rebuild((serial, done, of) =>
        progress({ done, of, text: `laptops, ${serial}` }),
      ),
    );
    answer(context, { snapshots }, () => [`${counted(snapshots, 'snapshot')} found`]);
  },
};
