/**
 * `laptops`: who is registered, who is safe, and what waits for a decision.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Serial } from '../../shared/ids.ts';
import { pairingCode } from '../../shared/pairing.ts';
import { parsePublicKey } from '../../shared/ssh-key.ts';
import { replacedBy } from '../aliases.ts';
import type { Laptop } from '../laptop-record.ts';
import type { Library } from '../library.ts';
import type { WindowState } from '../newcomers.ts';
import { inState } from '../paths.ts';
import { listHeld } from '../snapshots.ts';
import type { LaptopOverview } from '../store.ts';
import { isLongUnused } from '../unused.ts';
import { describeProposal, proposalsOf } from './aliases.ts';
import { answer, type Command } from './command.ts';

export const laptops: Command = {
  synopsis: 'laptops [--unused] [--json]',
  summary: 'who is registered, who is safe, what waits for a decision',
  run: async (context) => {
    const { library, flags } = context;
    const { registrations, newcomers, clock } = library;
    const overview = new Map((await library.store.overview()).map((row) => [row.serial, row]));
    const hostKey = readHostKey(inState(library.paths).hostKey);
    const now = clock.now();
    const shown = flags.unused
      ? registrations.unused().filter(([, laptop]) => isLongUnused(laptop, now))
      : registrations.all();
    const rows = shown.map(([serial, laptop]) =>
      rowOf(library, serial, laptop, overview.get(serial), hostKey),
    );
    if (flags.unused) {
      answer(context, { laptops: rows }, () =>
        rows.map(({ serial, nick, registered }) => `${serial}  ${nick}  registered ${registered}`),
      );
      return;
    }
    const proposals = await proposalsOf(library);
    const registration = newcomers.window();
    answer(context, { laptops: rows, registration, proposals }, () => [
      ...rows.map(describe),
      ...proposals.map(describeProposal),
      // Where anybody may register, as from the first day on, there is nothing to say about it.
      ...(registration.policy === 'open' ? [] : [describeWindow(registration)]),
    ]);
  },
};

type Row = ReturnType<typeof rowOf>;

function rowOf(
  { paths, registrations }: Library,
  serial: Serial,
  laptop: Laptop,
  known: LaptopOverview | undefined,
  hostKey: string | undefined,
) {
  return {
    serial,
    nick: laptop.nick,
    registered: laptop.registered,
    enrolled: laptop.keys.own !== null,
    retired: laptop.retired,
    replaces: laptop.alias?.of ?? null,
    replacedBy: replacedBy(serial, registrations.bySerial()) ?? null,
    snapshots: known?.snapshots ?? 0,
    newest: known?.newest ?? null,
    lastSuccess: known?.lastSuccess ?? null,
    held: listHeld(paths, serial).length,
    waiting: laptop.pending.map(({ kind, key, since }) => ({
      ...{ kind, since, fingerprint: parsePublicKey(key).fingerprint },
      code: hostKey ? pairingCode(serial, hostKey, key) : null,
    })),
  };
}

function describe(row: Row): string {
  const { serial, nick, snapshots } = row;
  const safe = row.lastSuccess ? `safe ${row.lastSuccess}` : 'never backed up';
  const notes = [
    ...(row.held > 0 ? [`${row.held} held`] : []),
    ...(row.retired === null ? [] : ['out of use']),
    ...(row.replaces === null ? [] : [`replaces ${row.replaces}`]),
    ...(row.replacedBy === null ? [] : [`replaced by ${row.replacedBy}`]),
    ...row.waiting.map(({ kind, code }) => `${kind} key waits, code ${code}`),
  ];
  return [serial, nick, `${snapshots} snapshots`, safe, ...notes].join('  ');
}

function describeWindow({ open, policy, minutesLeft }: WindowState): string {
  if (open) return `unknown laptops may register for ${minutesLeft} more minutes`;
  return policy === 'closed'
    ? 'registration is switched off'
    : 'registration is closed; "xs-backup register-window MINUTES" opens it';
}

/** Undefined where the service has never run. */
function readHostKey(path: string): string | undefined {
  const file = `${path}.pub`;
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
