/**
 * Which laptop is which. `alias`, `unalias` and `proposals`: one that replaces another; `twins`: two that
 * answer to one name, because a disk was copied, and the way out.
 */

import { randomUUID } from 'node:crypto';
import { DsError } from '../../shared/errors.ts';
import { newSerial, type Serial } from '../../shared/ids.ts';
import { localDate } from '../../shared/words/local-time.ts';
import { isUndecided, takeBackFromTwin } from '../ingest/twin-line.ts';
import type { Library } from '../library.ts';
import { type Proposal, proposeAliases } from '../registration/aliases.ts';
import { hasTwin, readTwins, writeTwins } from '../registration/twin-file.ts';
import { firstOf, secondOf, separated, united } from '../registration/twins.ts';
import { laptopArgument, named } from './arguments.ts';
import { answer, type Command, type CommandContext, usage } from './command.ts';
import { columns } from './lines.ts';

export const alias: Command = {
  takes: ['NEW', 'OLD'],
  flags: ['retire'],
  summary: 'let laptop NEW replace OLD: it may then read the backups of OLD',
  run: (context) => {
    const newer = laptopArgument(context, 0);
    const older = laptopArgument(context, 1);
    const { registrations } = context.library;
    registrations.alias(newer, older);
    const retired = context.flags.retire === true;
    if (retired) registrations.retire(older);
    const who = named(context.library, older);
    const back = `"xs-backup unalias ${newer}"`;
    answer(context, { alias: { newer, older }, retired }, () => [
      `${named(context.library, newer)} replaces ${who}`,
      ...(retired
        ? [
            `${who} is out of use; its snapshots stay`,
            `${back} and "xs-backup unretire ${older}" undo it`,
          ]
        : [
            `${back} undoes it`,
            `if the old one is gone: "xs-backup retire ${older}" takes it out of use`,
          ]),
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
  onlyReads: true,
  summary: 'new laptops that may replace one that is no longer seen',
  run: async (context) => {
    const found = await proposalsOf(context.library);
    answer(context, { proposals: found }, () =>
      found.length === 0 ? ['nothing to propose'] : found.flatMap(describeProposal),
    );
  },
};

export async function proposalsOf({ index, registrations, clock }: Library): Promise<Proposal[]> {
  const overview = await index.overview();
  const seen = new Map(overview.map(({ serial, lastSuccess }) => [serial, lastSuccess]));
  return proposeAliases(registrations.bySerial(), seen, clock.now());
}

/** Which is the new one and which the old one, by their dates, and the two acts. */
export function describeProposal({ newer, older, nick, ...on }: Proposal): string[] {
  return [
    `${newer} may be ${nick}'s new laptop`,
    ...columns([
      ['  new', newer, `registered ${localDate(on.registered)}`],
      [
        '  old',
        older,
        `registered ${localDate(on.olderRegistered)}`,
        `last seen ${localDate(on.lastSeen)}`,
      ],
    ]),
    `  yes, the old one is gone: "xs-backup alias ${newer} ${older} --retire"`,
    `  yes, both are still used: "xs-backup alias ${newer} ${older}"`,
  ];
}

export const twins: Command = {
  takes: ['[SERIAL]', '[separate|one]'],
  summary: 'two laptops of one name: list them, "separate" them, or say that it is "one"',
  run: (context) => {
    const [serial, decision] = context.args;
    if (serial === undefined) return listTwins(context);
    if (decision === 'separate') return separate(context, laptopArgument(context));
    if (decision === 'one') return unite(context, laptopArgument(context));
    throw usage('give no arguments, "SERIAL separate" or "SERIAL one"');
  },
};

function listTwins(context: CommandContext): void {
  const { registrations, paths } = context.library;
  const found = registrations.all().filter(([serial]) => hasTwin(paths, serial));
  const shown = found.map(([serial, { nick }]) => ({ serial, nick }));
  answer(context, { twins: shown }, () =>
    shown.length === 0
      ? ['every laptop has a name of its own']
      : shown.map(({ serial, nick }) => `${serial} (${nick}): two laptops answer to this name`),
  );
}

function nobodyElse(serial: Serial): DsError {
  return new DsError('not-found', `one laptop answers to ${serial}, as far as is known`);
}

/** The new laptop is registered first: until the old line says so, nobody is told of it. */
function separate(context: CommandContext, serial: Serial): void {
  const { registrations, paths } = context.library;
  const found = readTwins(paths, serial);
  const instance = found?.since && secondOf(found);
  if (!found || !instance) throw nobodyElse(serial);
  const [second, uuid] = [newSerial(), randomUUID()];
  registrations.addTwin(serial, second, uuid);
  writeTwins(paths, second, firstOf(instance, serial));
  writeTwins(paths, serial, separated(found, second, uuid));
  answer(context, { serial, second }, () => [
    `${serial}: the second laptop gets ${second} when it comes next`,
    'what it has sent since it was copied goes with it; all the rest stays where it is',
  ]);
}

async function unite(context: CommandContext, serial: Serial): Promise<void> {
  const { library } = context;
  const { paths } = library;
  if (!isUndecided(paths, serial)) throw nobodyElse(serial);
  const found = readTwins(paths, serial);
  if (found) writeTwins(paths, serial, united(found));
  const back = await library.workQueue.run(() => takeBackFromTwin(library, serial));
  await library.index.reindex(serial);
  library.audit.decided('united', serial);
  answer(context, { serial, one: true, snapshots: back.length }, () => [
    `${serial}: the laptop that came last goes on`,
  ]);
}
