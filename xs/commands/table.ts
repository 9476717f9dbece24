/**
 * The table of commands by name, in the order of --help: the single source of the command line, its help
 * and what the service accepts.
 */
import { adopt } from './adopt.ts';
import { alias, proposals, twins, unalias } from './aliases.ts';
import { arrivals } from './away/arrivals.ts';
import { offsite } from './away/offsite.ts';
import { takeaway } from './away/takeaway.ts';
import { transfer } from './away/transfer.ts';
import { classPage } from './class/class-page.ts';
import { exportClassCommand } from './class/export-class.ts';
import { cleanup, quota, trash, undelete } from './cleanup.ts';
import type { Command, LocalCommand, MachineCommand } from './command.ts';
import { diag, serverKey, stick } from './diag.ts';
import { exportCommand } from './export.ts';
import { damage, rebuild, relinkCommand, scrub, verify } from './integrity.ts';
import { laptops } from './laptops.ts';
import { notSafe } from './not-safe.ts';
import { pin, pins, unpin } from './pins.ts';
import {
  approve,
  audit,
  forget,
  registerWindow,
  reject,
  retire,
  unretire,
} from './registration.ts';
import { moodle } from './sign-on/moodle.ts';
import { signInCode, teacher } from './sign-on/teachers.ts';
import { drop, held, release, snapshots, sums } from './snapshots.ts';
import { doctor, status } from './status.ts';

export const COMMANDS: Readonly<Record<string, Command>> = {
  ...{ status, doctor, laptops, 'not-safe': notSafe },
  ...{ approve, reject, 'register-window': registerWindow, retire, unretire },
  ...{ forget, alias, unalias, proposals, twins, arrivals, audit },
  ...{ snapshots, sums, held, release, drop, pins, pin, unpin },
  ...{ teacher, 'sign-in-code': signInCode, 'class-page': classPage, moodle },
  ...{ cleanup, trash, undelete, quota, rebuild, relink: relinkCommand },
  ...{ adopt, scrub, damage, diag },
};

export const LOCAL_COMMANDS: Readonly<Record<string, LocalCommand | MachineCommand>> = {
  'export-class': exportClassCommand,
  ...{ verify, export: exportCommand, takeaway, transfer, offsite, 'server-key': serverKey, stick },
};

/** What somebody types after `xs-backup`, for the help of each command and the manual page. */
export const EXAMPLES: Readonly<Record<string, readonly [line: string, meaning: string]>> = {
  status: ['status', 'is all well?'],
  doctor: ['doctor', 'what is broken, and what to do about it?'],
  'not-safe': ['not-safe', 'what is not safe, whose is it, and why?'],
  laptops: ['laptops', 'who is registered, who is safe, what needs a decision?'],
  approve: ['approve Jocinta 047111', 'her laptop shows 047 111: let it in'],
  reject: ['reject CSN74803BB1 SHA256:jMK…', 'never offer this key again'],
  'register-window': ['register-window 60', 'new laptops may register for an hour'],
  retire: ['retire CSN74803BB1', 'the laptop is gone; its backups stay'],
  unretire: ['unretire CSN74803BB1', 'it was found again'],
  forget: ['forget TST00000001', 'it never made a backup and never will'],
  alias: ['alias SHC00800000 CSN74803BB1 --retire', 'the second is gone: its child has the first'],
  unalias: ['unalias SHC00800000', 'no, it is another child'],
  proposals: ['proposals', 'whose new laptop may this be?'],
  twins: ['twins CSN74803BB1 separate', 'a disk was copied: the second laptop gets its own name'],
  audit: ['audit Jocinta', 'who did what with her laptop?'],
  snapshots: ['snapshots Jocinta', 'which days are there?'],
  sums: ['sums Jocinta latest', 'the sums of her last backup'],
  held: ['held', 'which backups wait for a decision?'],
  release: ['release Jocinta', 'she did remove it all: take it as it is'],
  drop: ['drop Jocinta', 'the almost empty backup was a mistake'],
  pins: ['pins Jocinta', 'what stays for ever, and how much is that?'],
  pin: ['pin Jocinta 2026-11-22', 'keep that day'],
  unpin: ['unpin Jocinta 2026-11-22', 'let it go again'],
  teacher: ['teacher add Rosa', 'asks for a password; then she can sign in'],
  'class-page': ['class-page', 'what do children offer to the class?'],
  'sign-in-code': ['sign-in-code Jocinta', 'her laptop has no Backup: she types it in Browse'],
  moodle: ['moodle list', 'what is to be filled in in Moodle?'],
  cleanup: ['cleanup --dry-run', 'what would go, and why?'],
  trash: ['trash Jocinta', 'what can be restored?'],
  undelete: ['undelete Jocinta datastore-2026-11-22_14:05', 'restore that day'],
  quota: ['quota', 'who uses how much of the disk?'],
  rebuild: ['rebuild', 'after the state folder was lost'],
  relink: ['relink', 'the library came here without its hard links: share all content again'],
  adopt: ['adopt --dry-run', 'what is left of the original program?'],
  scrub: ['scrub --all', 'read everything now'],
  damage: ['damage', 'what is damaged?'],
  diag: ['diag', 'a report for somebody who helps'],
  verify: ['verify Jocinta', 'are all her snapshots whole?'],
  export: ['export Jocinta latest /media/stick/jocinta', 'her last backup as a Journal'],
  'export-class': ['export-class /media/rosa/STICK/class', 'what the class shows, for the parents'],
  offsite: ['offsite status', 'when was the last copy elsewhere?'],
  arrivals: ['arrivals Jocinta welcome', 'she comes from another school: let her in'],
  transfer: ['transfer out Jocinta /media/rosa/STICK/jocinta', 'she moves to another school'],
  takeaway: ['takeaway Jocinta jocinta.zip', 'she leaves, and takes all her things along'],
  'server-key': ['server-key', "the line for the laptops' config.toml"],
  stick: ['stick /media/rosa/STICK', 'a stick with which the laptops are installed'],
};

/** Of commands that are used in more than one way. */
export const MORE_EXAMPLES: Readonly<Record<string, readonly [line: string, meaning: string]>> = {
  moodle: ['moodle add http://box.lan/moodle 6wGxU8X9Zs1 3', 'it gave these two: let it sign on'],
  transfer: ['transfer in /media/rosa/STICK/jocinta', 'and there: she waits for a yes'],
  approve: [
    'approve --all-known-original --dry-run',
    'every laptop was flashed: whose new keys would be let in, to back up?',
  ],
};
