/**
 * A library opened for changing, as the service and the commands open it, with a clock whose hands
 * the test turns.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../shared/clock.ts';
import { parseDigest, parseSerial, type Serial } from '../../shared/ids.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { Cleanup } from '../../shared/system/cleanup.ts';
import type { Flags } from '../../xs/commands/command.ts';
import { runCommand } from '../../xs/commands/service-socket.ts';
import { readConfig } from '../../xs/config.ts';
import { DailyCap } from '../../xs/ingest/daily-cap.ts';
import type { IngestContext } from '../../xs/ingest/ingest-context.ts';
import { type Library, openLibrary } from '../../xs/library.ts';
import type { StickParts } from '../../xs/stick/contents.ts';
import { CALM } from '../../xs/traffic/pressure.ts';
import type { Load } from '../../xs/traffic/traffic.ts';
import { SERIAL } from './library.ts';

/** Shows what it is set to. */
export interface TestClock extends Clock {
  time: number;
  /** Goes on by days, hours, whatever is given in milliseconds. */
  pass(ms: number): void;
}

export function testClock(start: string): TestClock {
  let monotonic = 1000;
  // Each clock is that of a machine that was just switched on.
  const id = randomUUID();
  const clock: TestClock = {
    time: Date.parse(start),
    pass: (ms) => {
      clock.time += ms;
      monotonic += ms;
    },
    now: () => new Date(clock.time),
    monotonicMs: () => monotonic,
    sleep: async () => {},
    boot: () => ({ id, ms: monotonic }),
  };
  return clock;
}

/** A server with an idle disk that is half empty. */
export async function calmLoad(): Promise<Load> {
  const disk = { freeBytes: 1e9, usedBytes: 1e9, freeBlocks: 0.5, freeInodes: 1 };
  return { disk, pressure: CALM };
}

export interface WholeLibrary extends AsyncDisposable {
  library: Library & AsyncDisposable;
  context: IngestContext;
  clock: TestClock;
  /** The daily limit of a service that starts now. */
  cap(): DailyCap;
  /** Every event logged so far: `snapshot-removed`, and its fields. */
  events: { event: string; fields: LogFields }[];
  /** Runs a command of `xs-backup` and returns what it printed. */
  command(command: string, args?: readonly string[], flags?: Flags): Promise<string>;
}

/** As the program finds them in the tree. */
export const STICK_PARTS: StickParts = {
  script: fileURLToPath(new URL('../../xs/stick/install.sh', import.meta.url)),
  locale: '/nonexistent',
};

/** As if a backup had just been made; without a snapshot. */
export function noteSuccess({ successes, timeline }: Library, serial: Serial): Promise<void> {
  return successes.note(
    { serial, sequence: 0, state: parseDigest('0'.repeat(64)) },
    timeline.now(),
  );
}

/** A key of the right shape for each number. */
export function dsaKey(n: number): string {
  const part = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const parts = ['ssh-dss'].map((text) => part(Buffer.from(text)));
  const numbers = [128, 20, 128, 128].map((size) => part(Buffer.alloc(size, 1 + (n % 100))));
  return Buffer.concat([...parts, ...numbers]).toString('base64');
}

export function serialOf(n: number): Serial {
  return parseSerial(`TST${n.toString(16).toUpperCase().padStart(8, '0')}`);
}

/** Opens a new library with one registered laptop, SERIAL, unless that is a stranger. `settings` is TOML. */
export async function openWhole(
  settings = '',
  options: { start?: string; folder?: string; clock?: TestClock; stranger?: boolean } = {},
): Promise<WholeLibrary> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'ds-library-'));
  const configFile = join(folder, 'config.toml');
  const places = ['library', 'state', 'completion'].map((name) => `${name} = "${folder}/${name}"`);
  // A full disk would empty the trash early; the tests about that set their own limit.
  const calm = settings.includes('[traffic]') ? '' : '[traffic]\nminFreePercent = 0\n';
  // A share of this machine's disk, or of its memory, is much to write for each test.
  const light = settings.includes('[quota]') ? '' : '[quota]\nreserveMiB = 1\n';
  writeFileSync(configFile, `${places.join('\n')}\n${calm}${light}${settings}\n`);
  const config = readConfig(configFile, {});
  const clock = options.clock ?? testClock(options.start ?? '2026-03-02T08:00:00Z');
  const uid = process.geteuid?.() ?? 0;
  const ownership = { ownUid: uid, sessionUid: uid, sessionGid: process.getegid?.() ?? 0 };
  const events: WholeLibrary['events'] = [];
  const note = (event: string, fields: LogFields = {}) => void events.push({ event, fields });
  const log: Log = { info: note, warn: note };
  const library = await openLibrary({
    ...{ config, ownership, clock, log, env: process.env, serving: true },
  });
  await using cleanup = new Cleanup();
  cleanup.use(library);
  const { registrations } = library;
  if (
    !options.stranger &&
    !registrations.get(SERIAL) &&
    !registrations.unreadable().includes(SERIAL)
  ) {
    const inWindow = config.registration.policy === 'window';
    if (inWindow) library.newcomers.openWindow(1);
    library.registrations.register(SERIAL, 'Jocinta', 'uuid', dsaKey(1));
    if (inWindow) library.newcomers.openWindow(0);
  }
  const command: WholeLibrary['command'] = async (name, args = [], flags = {}) => {
    let printed = '';
    const print = (text: string) => {
      printed += text;
    };
    const request = { command: name, args: [...args], flags: { ...flags } };
    await runCommand(library, request, print, new AbortController().signal);
    return printed;
  };
  const owned = cleanup.move();
  return {
    ...{ library, clock, events, command },
    cap: () => new DailyCap(clock, config.retention.perDay, library.timeline),
    context: { ...library, guard: config.guard },
    [Symbol.asyncDispose]: async () => {
      await owned[Symbol.asyncDispose]();
      if (!options.folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}
