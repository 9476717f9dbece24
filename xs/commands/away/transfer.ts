/**
 * `transfer`: all of a child's snapshots, pins and aliases to another school, or from one, as a folder or by a
 * repository. Runs at the terminal, beside the service; what comes in waits there for a teacher's yes.
 */
import { resolve } from 'node:path';
import { realClock } from '../../../shared/clock.ts';
import { parseSerial, type Serial } from '../../../shared/ids.ts';
import { formatBytes } from '../../../shared/words/quantity.ts';
import { readReplaced } from '../../registration/alias-files.ts';
import { newRecord, readRecord } from '../../registration/laptop-record.ts';
import { readLastSuccess } from '../../storage/last-success.ts';
import type { Paths } from '../../storage/paths.ts';
import { repositoryOf, sendByRepository, takeByRepository } from '../../transfer/by-repository.ts';
import { takeTransfer } from '../../transfer/receive.ts';
import { type OwnLaptop, type SendOptions, writeTransfer } from '../../transfer/send.ts';
import { localLaptop } from '../arguments.ts';
import {
  type MachineCommand,
  type MachineContext,
  NEEDS_ATTENTION,
  runOther,
  usage,
} from '../command.ts';
import { counted } from '../lines.ts';

const TWO_WAYS = 'the arguments are "out LAPTOP PLACE", "in FOLDER" or "in REPOSITORY SERIAL"';

export const transfer: MachineCommand = {
  takes: ['out|in', '[LAPTOP]', '[PLACE]'],
  flags: ['keep-going'],
  summary:
    'a child moves to another school: "out LAPTOP PLACE" here, "in PLACE" there; a folder or repository',
  run: async (context) => {
    const [way, ...words] = context.args;
    const [first, second] = words;
    if (first === undefined) throw usage(TWO_WAYS);
    context.checkUser();
    if (way === 'out' && second !== undefined) return out(context, first, second);
    if (way === 'in') return takeIn(context, first, second);
    throw usage(TWO_WAYS);
  },
};

async function out(context: MachineContext, laptop: string, place: string): Promise<number> {
  const { paths, env, signal, flags, progress } = context;
  const serial = localLaptop(paths, laptop);
  const laptops = ownLaptops(paths, serial);
  const now = presentOf(paths, serial);
  const options: SendOptions = {
    ...{ paths, env, signal, now, link: false, keepGoing: flags['keep-going'] ?? false },
    onFile: (files) => progress({ done: files, of: 0, text: 'files written' }),
  };
  const repository = repositoryOf(context, place);
  const { head, leftOut } = repository
    ? await sendByRepository(repository, laptops, options)
    : await writeTransfer(resolve(place), laptops, options);
  // It is complete over there: from now on nobody backs up here what would stay here.
  for (const [one, { retired }] of laptops) {
    const hint = `all of it is in ${place}, but ${one} still backs up here: run "xs-backup retire ${one}" when what was said above is mended`;
    if (retired === null) await runOther(context, ['retire', one], hint);
  }
  const snapshots = head.laptops.reduce((sum, one) => sum + one.snapshots.length, 0);
  const said = { serial, snapshots, files: head.files, bytes: head.bytes, leftOut };
  context.print(
    flags.json
      ? `${JSON.stringify(said)}\n`
      : [
          `${counted(snapshots, 'snapshot')}, ${formatBytes(head.bytes)} in ${place}`,
          ...leftOut.map(({ snapshot, reason }) => `  without ${snapshot}: ${reason}`),
          `there: "xs-backup transfer in ${repository ? `${place} ${serial}` : 'FOLDER'}"`,
          `here all of it stays; "xs-backup unretire ${serial}" takes it back`,
          '',
        ].join('\n'),
  );
  return leftOut.length > 0 ? NEEDS_ATTENTION : 0;
}

async function takeIn(
  context: MachineContext,
  place: string,
  typed: string | undefined,
): Promise<void> {
  const { paths, env, signal, flags, progress, print } = context;
  const options = {
    ...{ paths, env, signal },
    onFile: (done: number, of: number) => progress({ done, of, text: 'files taken' }),
  };
  const repository = repositoryOf(context, place);
  if (repository && typed === undefined)
    throw usage('which child? "transfer in REPOSITORY SERIAL"');
  const head = repository
    ? await takeByRepository(repository, parseSerial(typed?.trim().toUpperCase()), options)
    : await takeTransfer(resolve(place), options);
  const [{ serial, nick }] = head.laptops as [(typeof head.laptops)[number]];
  const said = { serial, nick, laptops: head.laptops.map((one) => one.serial) };
  print(
    flags.json
      ? `${JSON.stringify(said)}\n`
      : `${serial} (${nick}) waits for a teacher's yes: on the page "Who asks", or ` +
          `"xs-backup arrivals ${serial} welcome"\n`,
  );
}

/** Hers, then those that it replaced. */
function ownLaptops(paths: Paths, serial: Serial): OwnLaptop[] {
  return [serial, ...readReplaced(paths, serial)].map((one) => {
    return [one, readRecord(paths, one) ?? newRecord(one, '', '', realClock.now())] as const;
  });
}

/** The present on the timeline, as far as can be told without the library being open. */
function presentOf(paths: Paths, serial: Serial): SendOptions['now'] {
  const time = realClock.now();
  const last = readLastSuccess(paths, serial);
  if (!last?.clock) return { time, at: 0 };
  return { time, at: last.clock.at + Math.max(0, time.getTime() - Date.parse(last.time)) };
}
