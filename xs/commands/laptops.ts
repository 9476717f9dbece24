/**
 * `laptops`: the registered laptops, their last backups, and what needs a decision.
 */
import { localTime } from '../../shared/words/local-time.ts';
import { type LaptopRow, laptopRows } from '../admin/laptop-list.ts';
import { unregisteredIn } from '../admin/status.ts';
import { isLongUnused } from '../registration/forget.ts';
import type { WindowState } from '../registration/newcomers.ts';
import { describeProposal, proposalsOf } from './aliases.ts';
import { answer, type Command } from './command.ts';
import { columns, counted } from './lines.ts';

export const laptops: Command = {
  onlyReads: true,
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
        rows.length === 0
          ? ['no laptop is without a backup for so long']
          : columns(
              rows.map(({ serial, nick, registered }) => {
                return [serial, nick, `registered ${localTime(registered)}`];
              }),
            ),
      );
      return;
    }
    const rows = await laptopRows(library, registrations.all());
    const proposals = await proposalsOf(library);
    const registration = newcomers.window();
    const unregistered = unregisteredIn(library);
    answer(context, { laptops: rows, registration, proposals, unregistered }, () => [
      ...(rows.length === 0 ? ['no laptop has registered yet'] : columns(rows.map(describe))),
      ...unregistered.map((serial) => `${serial}  not registered, and has backups here`),
      ...proposals.flatMap(describeProposal),
      // With open registration, the default, there is nothing to report.
      ...(registration.policy === 'open' ? [] : [describeWindow(registration)]),
    ]);
  },
};

function describe(row: LaptopRow): string[] {
  const { serial, nick, snapshots } = row;
  const safe = row.lastSuccess
    ? `${row.damaged ? 'DAMAGED' : 'safe'} ${localTime(row.lastSuccess)}`
    : 'never backed up';
  const notes = [
    ...(row.held > 0 ? [`${row.held} held`] : []),
    ...(row.retired === null ? [] : ['out of use']),
    ...(row.replaces === null ? [] : [`replaces ${row.replaces}`]),
    ...(row.replacedBy === null ? [] : [`replaced by ${row.replacedBy}`]),
    ...(row.confirmed === false ? ['unconfirmed'] : []),
    ...row.waiting.map(({ kind, fingerprint }) => `${kind} key pending: ${fingerprint}`),
  ];
  return [serial, nick, counted(snapshots, 'snapshot'), safe, notes.join('; ')];
}

function describeWindow({ open, policy, minutesLeft }: WindowState): string {
  if (open) return `unknown laptops may register for ${counted(minutesLeft ?? 0, 'more minute')}`;
  return policy === 'closed'
    ? 'registration is switched off'
    : 'registration is closed; "xs-backup register-window MINUTES" opens it';
}
