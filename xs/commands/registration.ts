/**
 * What a teacher decides about laptops: keys that wait, the window for new ones, who is out of use,
 * and the record of all that.
 */

import { DsError } from '../../shared/errors.ts';
import { parseSerial } from '../../shared/ids.ts';
import { readAudit } from '../registration/audit.ts';
import { forget as forgetLaptop } from '../registration/forget.ts';
import type { KeyKind } from '../registration/laptop-record.ts';
import { answer, type Command, type CommandContext, laptopArgument, usage } from './command.ts';

/** A school day is long enough to register everybody. */
const MAX_WINDOW_MINUTES = 24 * 60;

export const approve: Command = {
  takes: ['SERIAL'],
  flags: ['kind', 'key'],
  summary: "a teacher's yes to the newest waiting key, or to this one",
  run: (context) => {
    const serial = laptopArgument(context);
    const { key } = context.flags;
    const done = context.library.registrations.approve(serial, kindOf(context), key);
    answer(context, { serial, done }, () => [
      done === 'approved'
        ? `${serial}: approved`
        : `${serial}: this key is no longer rejected; it waits again when the laptop comes next`,
    ]);
  },
};

export const reject: Command = {
  takes: ['SERIAL'],
  flags: ['kind'],
  summary: "a teacher's no to the waiting keys; they do not wait again",
  run: (context) => {
    const serial = laptopArgument(context);
    const rejected = context.library.registrations.reject(serial, kindOf(context));
    answer(context, { serial, rejected }, () => [
      ...rejected.map((fingerprint) => `${serial}: rejected ${fingerprint}`),
      `"xs-backup approve ${serial} --key FINGERPRINT" lets one wait again`,
    ]);
  },
};

export const registerWindow: Command = {
  takes: ['MINUTES'],
  summary: 'let unknown laptops register for so long; 0 ends it',
  run: (context) => {
    const { library, args } = context;
    const minutes = /^\d{1,5}$/.test(args[0] ?? '') ? Number(args[0]) : Number.NaN;
    if (!(minutes >= 0 && minutes <= MAX_WINDOW_MINUTES)) {
      throw usage(`register-window needs minutes, from 0 to ${MAX_WINDOW_MINUTES}`);
    }
    if (!library.serving) {
      throw new DsError('server-unreachable', 'the service does not run: nobody could register', {
        hint: 'start "xs-backup serve" first; a window ends with it',
      });
    }
    library.newcomers.openWindow(minutes);
    if (minutes > 0) library.audit.decided('window-opened', null, { minutes });
    else library.audit.decided('window-closed', null);
    library.log.info('register-window', { minutes });
    answer(context, { registration: library.newcomers.window() }, () => [
      minutes > 0
        ? `unknown laptops may register for ${minutes} minutes`
        : 'registration is closed',
    ]);
  },
};

export const retire: Command = {
  takes: ['SERIAL'],
  summary: 'take a laptop out of use: its snapshots stay, its keys open nothing',
  run: (context) => {
    const serial = laptopArgument(context);
    const changed = context.library.registrations.retire(serial);
    answer(context, { serial, retired: true, changed }, () => [
      changed ? `${serial}: out of use; its snapshots stay` : `${serial} is out of use already`,
    ]);
  },
};

export const unretire: Command = {
  takes: ['SERIAL'],
  summary: 'take it back into use, with the keys it had',
  run: (context) => {
    const serial = laptopArgument(context);
    const changed = context.library.registrations.unretire(serial);
    answer(context, { serial, retired: false, changed }, () => [
      changed ? `${serial}: in use again` : `${serial} is in use`,
    ]);
  },
};

export const forget: Command = {
  takes: ['SERIAL'],
  summary: 'remove a laptop that never made a backup',
  run: async (context) => {
    const { library } = context;
    const serial = laptopArgument(context);
    await library.workQueue.run(() => forgetLaptop(library, serial));
    answer(context, { forgotten: serial }, () => [`${serial}: forgotten`]);
  },
};

export const audit: Command = {
  takes: ['[SERIAL]'],
  summary: 'who was let in and who decided it, the oldest first',
  run: (context) => {
    const { library, args } = context;
    // A forgotten laptop is no longer registered, and still has a past.
    const serial = args[0] === undefined ? undefined : parseSerial(args[0]);
    const lines = readAudit(library.paths, serial);
    answer(context, { audit: lines }, () =>
      lines.map(({ time, event, serial: of, who, name, details }) => {
        const more = Object.entries(details).map(([key, value]) => `  ${key} ${value}`);
        const by = name === undefined ? who : `${who} ${name}`;
        return `${time}  ${of ?? '-'}  ${event}  by ${by}${more.join('')}`;
      }),
    );
  },
};

function kindOf({ flags }: CommandContext): KeyKind {
  const kind = flags.kind ?? 'own';
  if (kind !== 'own' && kind !== 'sugar') throw usage('--kind is "own" or "sugar"');
  return kind;
}
