/**
 * `laptops` and `approve`: who is registered, and a teacher's yes to a waiting key.
 */
import { existsSync, readFileSync } from 'node:fs';
import { pairingCode } from '../../shared/pairing.ts';
import { inState } from '../paths.ts';
import { listHeld } from '../snapshots.ts';
import { answer, type Command, type CommandContext, laptopArgument, usage } from './command.ts';

export const laptops: Command = {
  synopsis: 'laptops [--json]',
  summary: 'who is registered, who is safe, what waits for a decision',
  run: async (context) => {
    const { library } = context;
    const overview = new Map((await library.store.overview()).map((row) => [row.serial, row]));
    const hostKey = readHostKey(inState(library.paths).hostKey);
    const rows = library.registrations.all().map(([serial, laptop]) => {
      const known = overview.get(serial);
      return {
        serial,
        nick: laptop.nick,
        enrolled: laptop.keys.own !== null,
        snapshots: known?.snapshots ?? 0,
        newest: known?.newest ?? null,
        lastSuccess: known?.lastSuccess ?? null,
        held: listHeld(library.paths, serial).length,
        waiting: laptop.pending.map(({ kind, key, since }) => ({
          ...{ kind, since, code: hostKey ? pairingCode(serial, hostKey, key) : null },
        })),
      };
    });
    answer(context, { laptops: rows }, () =>
      rows.map((row) => {
        const waiting = row.waiting.map(({ kind, code }) => `  ${kind} key waits, code ${code}`);
        const held = row.held > 0 ? `  ${row.held} held` : '';
        const safe = row.lastSuccess ? `safe ${row.lastSuccess}` : 'never backed up';
        const { serial, nick, snapshots } = row;
        return `${serial}  ${nick}  ${snapshots} snapshots  ${safe}${held}${waiting.join('')}`;
      }),
    );
  },
};

/** Undefined where the service has never run. */
function readHostKey(path: string): string | undefined {
  const file = `${path}.pub`;
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

export const approve: Command = {
  synopsis: 'approve SERIAL [--kind own|sugar]',
  summary: "a teacher's yes to a waiting key",
  run: (context: CommandContext) => {
    const kind = context.flags.kind ?? 'own';
    if (kind !== 'own' && kind !== 'sugar') throw usage('--kind is "own" or "sugar"');
    const serial = laptopArgument(context);
    context.library.registrations.approve(serial, kind);
    context.print(`${serial}: approved\n`);
  },
};
