/**
 * `alias`, `unalias` and `proposals`: which laptop replaces which.
 */
import type { Serial } from '../../shared/ids.ts';
import type { Library } from '../library.ts';
import { type Proposal, proposeAliases } from '../registration/aliases.ts';
import { laptopArgument } from './arguments.ts';
import { answer, type Command } from './command.ts';

export const alias: Command = {
  takes: ['NEW', 'OLD'],
  summary: 'let laptop NEW replace OLD: it may then read the backups of OLD',
  run: (context) => {
    const newer = laptopArgument(context, 0);
    const older = laptopArgument(context, 1);
    const { registrations } = context.library;
    registrations.alias(newer, older);
    answer(context, { alias: { newer, older } }, () => [
      `${named(context.library, newer)} replaces ${named(context.library, older)}`,
      `"xs-backup unalias ${newer}" undoes it`,
    ]);
  },
};

export const unalias: Command = {
  takes: ['NEW'],
  summary: 'remove the alias of NEW',
  run: (context) => {
    const newer = laptopArgument(context);
    const older = context.library.registrations.unalias(newer);
    answer(context, { unaliased: { newer, older } }, () => [
      `${newer} no longer replaces ${older}`,
    ]);
  },
};

export const proposals: Command = {
  summary: 'new laptops that may replace one that is no longer seen',
  run: async (context) => {
    const found = await proposalsOf(context.library);
    answer(context, { proposals: found }, () =>
      found.length === 0 ? ['nothing to propose'] : found.map(describeProposal),
    );
  },
};

export async function proposalsOf({ index, registrations, clock }: Library): Promise<Proposal[]> {
  const overview = await index.overview();
  const seen = new Map(overview.map(({ serial, lastSuccess }) => [serial, lastSuccess]));
  return proposeAliases(registrations.bySerial(), seen, clock.now());
}

export function describeProposal({ newer, older, nick, lastSeen }: Proposal): string {
  return `${newer} may be ${nick}'s new laptop: ${older} was last seen ${lastSeen}; "xs-backup alias ${newer} ${older}"`;
}

function named({ registrations }: Library, serial: Serial): string {
  return `${serial} (${registrations.get(serial)?.nick ?? ''})`;
}
