/**
 * Decisions about laptops: pending keys, the window for new laptops, retirement, forgetting; and the audit log.
 */

import { DsError } from '../../shared/errors.ts';
import { parseSerial, tryParse } from '../../shared/ids.ts';
import { localTime } from '../../shared/words/local-time.ts';
import { readAudit } from '../registration/audit.ts';
import { forget as forgetLaptop, forgetWithBackups } from '../registration/forget.ts';
import { judgeOriginal, type OriginalVerdict } from '../registration/known-original.ts';
import type { KeyKind } from '../registration/laptop-record.ts';
import { readLastSuccess } from '../storage/last-success.ts';
import { WHOLE_LAPTOP } from '../storage/trash.ts';
import { laptopArgument, named, nickOf } from './arguments.ts';
import { answer, type Command, type CommandContext, usage } from './command.ts';
import { columns, counted } from './lines.ts';

/** A day is long enough to register everybody. */
const MAX_WINDOW_MINUTES = 24 * 60;

export const approve: Command = {
  takes: ['[LAPTOP]', '[CODE...]'],
  flags: ['kind', 'key', 'all-known-original', 'dry-run'],
  summary: 'let in the key whose six digits the laptop shows; or, by --key, one you read there',
  run: (context) => {
    if (context.flags['all-known-original']) return approveOriginals(context);
    if (context.flags['dry-run']) throw usage('--dry-run belongs to --all-known-original');
    if (context.args.length === 0) throw usage("missing required argument 'LAPTOP'");
    if (/^\d{3} ?\d{3}$/.test(context.args.join(' '))) {
      throw usage(
        'whose laptop shows these digits?',
        `type its name before them: "xs-backup approve LAPTOP ${context.args.join(' ')}"`,
      );
    }
    const serial = laptopArgument(context);
    const { approvals } = context.library.registrations;
    // As the laptop shows them, in two groups of three, or in one.
    const code = context.args.slice(1).join('').replace(/\s/g, '') || undefined;
    const { key } = context.flags;
    if ((code === undefined) === (key === undefined)) {
      throw usage(
        'type the six digits that the laptop shows: "xs-backup approve LAPTOP CODE"',
        'or give --key FINGERPRINT, after "ssh-keygen -lf ~/.sugar/default/ds-backup/key.pub" on the laptop',
      );
    }
    if (code !== undefined && !/^\d{6}$/.test(code))
      throw usage('CODE is six digits, as in 047 111');
    const done = code
      ? approvals.byCode(serial, code)
      : approvals.byFingerprint(serial, kindOf(context), key ?? '');
    const answerDigits = done === 'unrejected' ? null : done.answer;
    const what = done === 'unrejected' ? done : done.done;
    const another = done !== 'unrejected' && done.another;
    answer(context, { serial, done: what, answer: answerDigits, another }, () => [
      `${named(context.library, serial)}: ${APPROVED[what]}`,
      ...(another ? ['it is another key than before: that one opens nothing any more'] : []),
      ...(answerDigits === null
        ? []
        : [`if the laptop asks for digits: "ds-backup confirm-server ${answerDigits}" there`]),
    ]);
  },
};

/** Every laptop is named, also those that have to be looked at one by one. */
function approveOriginals(context: CommandContext): void {
  const { args, flags, library } = context;
  if (args.length > 0 || flags.key !== undefined || flags.kind !== undefined) {
    throw usage('--all-known-original names no laptop and no key');
  }
  const { registrations, paths } = library;
  const laptops = registrations.all().flatMap(([serial, laptop]) => {
    const verdict = judgeOriginal(laptop, readLastSuccess(paths, serial)?.time);
    if (verdict === null) return [];
    const isLetIn = verdict.result === 'approved' && !flags['dry-run'];
    if (isLetIn) registrations.approvals.letBackUp(serial, verdict.key);
    return [{ serial, nick: laptop.nick, result: verdict.result }];
  });
  registrations.announceKeys();
  const left = laptops.filter(({ result }) => result !== 'approved');
  const verb = flags['dry-run'] ? 'would be let in' : 'let in';
  answer(context, { laptops, dryRun: flags['dry-run'] === true }, () => [
    `${counted(laptops.length - left.length, 'laptop')} ${verb}, to back up; they read nothing until each is approved by itself`,
    ...left.map(({ serial, nick, result }) => `${serial}  ${nick}: ${LEFT[result]}`),
  ]);
}

/** Why a laptop was not let in with the others. */
const LEFT = {
  approved: '',
  'own-waits': 'has the new program as well: type the digits that it shows',
  several:
    'two keys wait, one of them a stranger\'s: compare, and "approve LAPTOP --kind sugar --key …"',
  'other-uuid': 'the key came with another uuid: look at the laptop first',
  'still-used': 'has backed up with its old key since: the new one is not its own, or not needed',
} as const satisfies Record<OriginalVerdict['result'], string>;

const APPROVED = {
  approved: 'approved',
  confirmed: 'confirmed; this key was let in already',
  unrejected: 'this key is no longer rejected; it becomes pending when the laptop connects next',
} as const;

export const reject: Command = {
  takes: ['LAPTOP', '[KEY]'],
  flags: ['kind'],
  summary: "reject a pending key, by fingerprint or code, for good; --kind sugar: all of Sugar's",
  run: (context) => {
    const serial = laptopArgument(context);
    const { approvals } = context.library.registrations;
    const [, key] = context.args;
    if (key === undefined && kindOf(context) === 'own') {
      throw usage('a fingerprint is needed: "xs-backup laptops" lists them');
    }
    const rejected =
      key === undefined ? approvals.rejectSugar(serial) : [approvals.reject(serial, key)];
    answer(context, { serial, rejected }, () => [
      ...rejected.map((fingerprint) => `${serial}: rejected ${fingerprint}`),
      `"xs-backup approve ${serial} --key FINGERPRINT" allows one to become pending again`,
    ]);
  },
};

export const registerWindow: Command = {
  takes: ['MINUTES'],
  summary: 'let unknown laptops register for this many minutes; 0 closes registration',
  run: (context) => {
    const { library, args } = context;
    const minutes = /^\d{1,5}$/.test(args[0] ?? '') ? Number(args[0]) : Number.NaN;
    if (!(minutes >= 0 && minutes <= MAX_WINDOW_MINUTES)) {
      throw usage(`MINUTES must be a whole number from 0 to ${MAX_WINDOW_MINUTES}`);
    }
    if (!library.serving) {
      throw new DsError('server-unreachable', 'the service is not running: nobody could register', {
        hint: 'start "xs-backup serve" first; a window ends with the service',
      });
    }
    library.newcomers.openWindow(minutes);
    if (minutes > 0) library.audit.decided('window-opened', null, { minutes });
    else library.audit.decided('window-closed', null);
    library.log.info('register-window', { minutes });
    answer(context, { registration: library.newcomers.window() }, () => [
      minutes > 0
        ? `unknown laptops may register for ${counted(minutes, 'minute')}`
        : 'registration is closed',
    ]);
  },
};

export const retire: Command = {
  takes: ['LAPTOP'],
  summary: 'take a laptop out of use: its snapshots stay, its keys become invalid',
  run: (context) => {
    const serial = laptopArgument(context);
    const changed = context.library.registrations.retire(serial);
    answer(context, { serial, retired: true, changed }, () => [
      changed
        ? `${named(context.library, serial)}: out of use; its snapshots stay`
        : `${named(context.library, serial)} is already out of use`,
    ]);
  },
};

export const unretire: Command = {
  takes: ['LAPTOP'],
  summary: 'take a retired laptop back into use, with the keys it had',
  run: (context) => {
    const serial = laptopArgument(context);
    const changed = context.library.registrations.unretire(serial);
    answer(context, { serial, retired: false, changed }, () => [
      `${named(context.library, serial)}${changed ? ': in use again' : ' is in use'}`,
    ]);
  },
};

export const forget: Command = {
  takes: ['LAPTOP', '[LAPTOP...]'],
  flags: ['with-backups'],
  summary: 'remove the registration of laptops that never made a backup, or were made up',
  run: async (context) => {
    const { library, args, flags } = context;
    // All are known before the first is forgotten.
    const serials = args.map((_, index) => laptopArgument(context, index));
    if (serials.length === 0) serials.push(laptopArgument(context));
    for (const serial of new Set(serials)) {
      const { timeline, index } = library;
      await library.workQueue.run(async () => {
        if (!flags['with-backups']) return forgetLaptop(library, serial);
        await forgetWithBackups(library, serial, timeline.now());
        await index.reindex(serial);
      });
      const back = `; "xs-backup undelete ${serial} ${WHOLE_LAPTOP}" brings it back`;
      answer(context, { forgotten: serial }, () => [
        `${serial}: forgotten${flags['with-backups'] ? back : ''}`,
      ]);
    }
  },
};

export const audit: Command = {
  onlyReads: true,
  takes: ['[LAPTOP]'],
  summary: 'the audit log: registrations and decisions, the oldest first',
  run: (context) => {
    const { library, args } = context;
    // A forgotten laptop is no longer registered but still in the log.
    const typed = tryParse(parseSerial, args[0]?.trim().toUpperCase());
    const serial = args[0] === undefined ? undefined : (typed ?? laptopArgument(context));
    const lines = readAudit(library.paths, serial);
    answer(context, { audit: lines }, () =>
      lines.length === 0
        ? ['nothing was done yet']
        : columns(
            lines.map(({ time, event, serial: of, who, name, details }) => {
              const more = Object.entries(details).map(([key, value]) => `${key} ${value}`);
              const by = name === undefined ? who : `${who} ${name}`;
              const nick = of === null ? '' : nickOf(library, of);
              return [localTime(time), of ?? '-', nick, event, `by ${by}`, more.join('  ')];
            }),
          ),
    );
  },
};

function kindOf({ flags }: CommandContext): KeyKind {
  const kind = flags.kind ?? 'own';
  if (kind !== 'own' && kind !== 'sugar') throw usage('--kind is "own" or "sugar"');
  return kind;
}
