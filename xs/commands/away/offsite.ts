/**
 * `offsite`: a second copy of the school elsewhere, by restic: making it, how it is, checking it, and a library
 * made of it on a new machine. Runs at the terminal, beside the service.
 */

import { realClock } from '../../../shared/clock.ts';
import { DsError } from '../../../shared/errors.ts';
import { parseSerial, parseSnapshotName } from '../../../shared/ids.ts';
import { localTime } from '../../../shared/words/local-time.ts';
import { namesOfCopy } from '../../admin/teachers.ts';
import { relink } from '../../integrity/relink.ts';
import { bringBack, bringOlder } from '../../offsite/bring-back.ts';
import { checkOffsite, initOffsite, runOffsite } from '../../offsite/offsite.ts';
import { readOffsite } from '../../offsite/offsite-state.ts';
import { passwordFile, withoutSecrets } from '../../offsite/restic.ts';
import {
  type MachineCommand,
  type MachineContext,
  NEEDS_ATTENTION,
  runOther,
  usage,
} from '../command.ts';
import { counted } from '../lines.ts';

/** How much of the data a check reads: everything in ten checks. */
const CHECKED_PART = '10%';

const ACTIONS = { init, run, status, check, restore } as const;

export const offsite: MachineCommand = {
  takes: ['init|run|status|check|restore'],
  flags: ['laptop', 'snapshot'],
  summary: 'a second copy elsewhere, by restic: init, run, status, check, or restore',
  run: async (context) => {
    const [action = ''] = context.args;
    if (!Object.hasOwn(ACTIONS, action)) {
      throw usage(`${JSON.stringify(action)} is not one of: ${Object.keys(ACTIONS).join(', ')}`);
    }
    if (action !== 'status') context.checkUser();
    return ACTIONS[action as keyof typeof ACTIONS](context);
  },
};

/** One line of JSON, or this text. */
function say({ flags, print }: MachineContext, json: object, text: string): void {
  print(flags.json ? `${JSON.stringify(json)}\n` : text);
}

async function init(context: MachineContext): Promise<void> {
  const done = await initOffsite(context);
  const file = passwordFile(context.config);
  say(
    context,
    { ...done, passwordFile: file },
    `the repository is made\nkeep a copy of ${file} somewhere else: without it nobody can read the copy\n`,
  );
}

async function run(context: MachineContext): Promise<void> {
  const done = await runOffsite(context, realClock.now);
  const text = done.copied ? `copied in ${Math.ceil(done.took)} s` : 'nothing has changed';
  say(context, done, `${text}\n`);
}

async function status(context: MachineContext): Promise<number> {
  const { config } = context;
  const { tried, copied, problem } = readOffsite(config);
  const repository = withoutSecrets(config.offsite.repository);
  const isSet = repository !== '';
  const lines = [
    isSet ? `to ${repository}` : 'offsite.repository is not set: there is no copy',
    copied === null ? 'never copied yet' : `last copy ${localTime(copied)}`,
    ...(problem === null ? [] : [`last attempt ${localTime(tried ?? '')}: ${problem.text}`]),
  ];
  const json = { repository: isSet ? repository : null, tried, copied, problem };
  say(context, json, lines.map((line) => `${line}\n`).join(''));
  return isSet && (problem !== null || copied === null) ? NEEDS_ATTENTION : 0;
}

async function check(context: MachineContext): Promise<void> {
  await checkOffsite(context, CHECKED_PART);
  say(context, { ok: true }, `whole, as far as was read (${CHECKED_PART} of the data)\n`);
}

/** What is wanted first can be served while the rest still comes. */
async function restore(context: MachineContext): Promise<number> {
  const { flags, signal } = context;
  const serial = flags.laptop === undefined ? undefined : parseSerial(flags.laptop);
  const name = flags.snapshot === undefined ? undefined : parseSnapshotName(flags.snapshot);
  if (name && !serial) throw usage('--snapshot belongs to --laptop');
  const { laptops, snapshots, left } = await bringBack(context, { serial, name });
  let findings = await linkAgain(context);
  const back = `${counted(laptops, 'laptop')} ${laptops === 1 ? 'is' : 'are'} back`;
  const rest = serial
    ? '"xs-backup offsite restore" brings the rest'
    : `start the service now: ${counted(left, 'older snapshot')} follow meanwhile`;
  if (left > 0 && !flags.json)
    context.print(`${back}, with ${counted(snapshots, 'snapshot')}; ${rest}\n`);
  if (!serial) {
    await bringOlder(context);
    signal.throwIfAborted();
    if (left > 0) findings = await linkAgain(context);
  }
  const bad = findings > 0 ? `${counted(findings, 'bad file')}: see "xs-backup damage"\n` : '';
  const teachers = namesOfCopy(context.config);
  const asked =
    teachers.length === 0
      ? ''
      : `nobody signs in to the pages before "xs-backup teacher confirm NAME": ${teachers.join(', ')}\n`;
  const json = { laptops, snapshots, left: serial ? left : 0, findings, teachers };
  say(context, json, `${back}, with the host key that they know\n${asked}${bad}`);
  return findings > 0 ? NEEDS_ATTENTION : 0;
}

/** Names, rights and index; in the service where that runs by now. Returns what is bad. */
async function linkAgain(context: MachineContext): Promise<number> {
  try {
    await using library = await context.open();
    const { findings } = await relink(library, { signal: context.signal });
    await library.index.rebuild(() => {});
    return findings;
  } catch (error) {
    if (!(error instanceof DsError) || error.code !== 'busy') throw error;
    const hint =
      'what has come is kept; run "xs-backup relink" and "xs-backup rebuild" when that is mended';
    const exitCode = await runOther(context, ['relink'], hint);
    await runOther(context, ['rebuild'], hint);
    return exitCode === NEEDS_ATTENTION ? 1 : 0;
  }
}
