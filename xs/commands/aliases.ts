/**
 * `alias`, `unalias` and `proposals`: whose laptop a new laptop is (X10).
 */
import type { Serial } from '../../shared/ids.ts';
import type { Library } from '../library.ts';
import { type Proposal, proposeAliases } from '../registration/aliases.ts';
import { answer, type Command, laptopArgument } from './command.ts';

export const alias: Command = {
  takes: ['NEW', 'OLD'],
  summary: "laptop NEW is now that of OLD's child, and may read what OLD left",
  run: (context) => {
    const newer = laptopArgument(context, 0);
    const older = laptopArgument(context, 1);
    const { registrations } = context.library;
    registrations.alias(newer, older);
    answer(context, { alias: { newer, older } }, () => [
      `${named(context.library, newer)} takes the place of ${named(context.library, older)}`,
      `"xs-backup unalias ${newer}" undoes it`,
    ]);
  },
};

export const unalias: Command = {
  takes: ['NEW'],
  summary: 'undo that',
  run: (context) => {
    const newer = laptopArgument(context);
    const older = context.library.registrations.unalias(newer);
    answer(context, { unaliased: { newer, older } }, () => [
      `${newer} no longer takes the place of ${older}`,
    ]);
  },
};

export const proposals: Command = {
  summary: 'new laptops that may belong to a child whose laptop is gone',
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
