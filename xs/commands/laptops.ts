/**
 * `laptops`: the registered laptops, their last backups, and what needs a decision.
 */
import { type LaptopRow, laptopRows } from '../admin/laptop-list.ts';
import { unregisteredIn } from '../admin/status.ts';
import { isLongUnused } from '../registration/forget.ts';
import type { WindowState } from '../registration/newcomers.ts';
import { describeProposal, proposalsOf } from './aliases.ts';
import { answer, type Command } from './command.ts';

export const laptops: Command = {
  flags: ['unused'],
  summary: 'registered laptops, their last backups, and what needs a decision',
  run: async (context) => {
    const { library, flags } = context;
    const { registrations, newcomers, clock } = library;
    if (flags.unused) {
      const now = clock.now();
      const unused = registrations.unused().filter(([, laptop]) => isLongUnused(laptop, now));
      const rows = await laptopRows(library, unused);
      answer(context, { laptops: rows }, () =>
        rows.map(({ serial, nick, registered }) => `${serial}  ${nick}  registered ${registered}`),
      );
      return;
    }
    const rows = await laptopRows(library, registrations.all());
    const proposals = await proposalsOf(library);
    const registration = newcomers.window();
    const unregistered = unregisteredIn(library);
    answer(context, { laptops: rows, registration, proposals, unregistered }, () => [
      ...rows.map(describe),
      ...unregistered.map((serial) => `${serial}  not registered, and has backups here`),
      ...proposals.map(describeProposal),
      // With open registration, the default, there is nothing to report.
      ...(registration.policy === 'open' ? [] : [describeWindow(registration)]),
    ]);
  },
};

function describe(row: LaptopRow): string {
  const { serial, nick, snapshots } = row;
  const safe = row.lastSuccess ? `safe ${row.lastSuccess}` : 'never backed up';
  const notes = [
    ...(row.held > 0 ? [`${row.held} held`] : []),
    ...(row.retired === null ? [] : ['out of use']),
    ...(row.replaces === null ? [] : [`replaces ${row.replaces}`]),
    ...(row.replacedBy === null ? [] : [`replaced by ${row.replacedBy}`]),
    ...(row.confirmed === false ? ['nobody has typed its digits yet'] : []),
    ...row.waiting.map(({ kind, fingerprint }) => `${kind} key pending: ${fingerprint}`),
  ];
  return [serial, nick, `${snapshots} snapshots`, safe, ...notes].join('  ');
}

function describeWindow({ open, policy, minutesLeft }: WindowState): string {
  if (open) return `unknown laptops may register for ${minutesLeft} more minutes`;
  return policy === 'closed'
    ? 'registration is switched off'
    : 'registration is closed; "xs-backup register-window MINUTES" opens it';
}
