/**
 * The table of commands by name, in the order of --help: the single source of the command line, its help
 * and what the service accepts.
 */
import { adopt } from './adopt.ts';
import { alias, proposals, twins, unalias } from './aliases.ts';
import { cleanup, quota, trash, undelete } from './cleanup.ts';
import type { Command, LocalCommand } from './command.ts';
import { diag } from './diag.ts';
import { exportCommand } from './export.ts';
import { damage, scrub, verify } from './integrity.ts';
import { laptops } from './laptops.ts';
import { notSafe } from './not-safe.ts';
import { pin, pins, unpin } from './pins.ts';
import { rebuild } from './rebuild.ts';
import {
  approve,
  audit,
  forget,
  registerWindow,
  reject,
  retire,
  unretire,
} from './registration.ts';
import { serverKey } from './server-key.ts';
import { drop, held, release, snapshots, sums } from './snapshots.ts';
import { status } from './status.ts';
import { teacher } from './teachers.ts';

export const COMMANDS: Readonly<Record<string, Command>> = {
  ...{ status, laptops, 'not-safe': notSafe },
  ...{ approve, reject, 'register-window': registerWindow, retire, unretire },
  ...{ forget, alias, unalias, proposals, twins, audit },
  ...{ snapshots, sums, held, release, drop, pins, pin, unpin },
  teacher,
  ...{ cleanup, trash, undelete, quota, rebuild, adopt, scrub, damage, diag },
};

export const LOCAL_COMMANDS: Readonly<Record<string, LocalCommand>> = {
  ...{ verify, export: exportCommand, 'server-key': serverKey },
};
