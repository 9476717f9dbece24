/**
 * What a teacher may do on the pages: each act is one command of `xs-backup` with validated arguments.
 * Nothing else that a browser sends can become a command.
 */

import { DsError } from '../../../../shared/errors.ts';
import {
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  tryParse,
} from '../../../../shared/ids.ts';
import type { CommandRequest } from '../../../commands/service-socket.ts';
import { laptopPath } from '../../frame/paths.ts';

/** The fields of forms, and their validation. */
const FIELDS = {
  serial: (text: string) => tryParse(parseSerial, text),
  of: (text: string) => tryParse(parseSerial, text),
  code: readCode,
  key: (text: string) => (/^SHA256:[A-Za-z0-9+/]{43}$/.test(text) ? text : undefined),
  snapshot: (text: string) => tryParse(parseSnapshotName, text),
  pin: (text: string) => tryParse(parseSnapshotName, text) ?? tryParse(parseUid, text),
  item: (text: string) => (/^(datastore|pin)-[\w:-]{1,150}$/.test(text) ? text : undefined),
  minutes: (text: string) => (/^\d{1,4}$/.test(text) ? text : undefined),
} as const;
export type Field = keyof typeof FIELDS;

interface Rule {
  command: string;
  args: readonly Field[];
}

const RULES = {
  approve: { command: 'approve', args: ['serial', 'code'] },
  reject: { command: 'reject', args: ['serial', 'key'] },
  'register-window': { command: 'register-window', args: ['minutes'] },
  retire: { command: 'retire', args: ['serial'] },
  unretire: { command: 'unretire', args: ['serial'] },
  forget: { command: 'forget', args: ['serial'] },
  alias: { command: 'alias', args: ['serial', 'of'] },
  unalias: { command: 'unalias', args: ['serial'] },
  release: { command: 'release', args: ['serial'] },
  drop: { command: 'drop', args: ['serial'] },
  pin: { command: 'pin', args: ['serial', 'snapshot'] },
  unpin: { command: 'unpin', args: ['serial', 'pin'] },
  undelete: { command: 'undelete', args: ['serial', 'item'] },
} satisfies Record<string, Rule>;
export type ActName = keyof typeof RULES;
export const ACT_NAMES = Object.keys(RULES) as ActName[];

export interface Act {
  name: ActName;
  /** Exactly the fields of this act, validated. */
  fields: Readonly<Partial<Record<Field, string>>>;
}

/** Throws `bad-input` for an unknown act, and for missing or invalid fields. */
export function readAct(sent: Readonly<Record<string, unknown>>): Act {
  const { act } = sent;
  if (typeof act !== 'string' || !Object.hasOwn(RULES, act)) throw noAct('there is no such act');
  const name = act as ActName;
  const fields = fieldsOf(name).map((field) => {
    const text = sent[field];
    const value = typeof text === 'string' ? FIELDS[field](text) : undefined;
    if (value === undefined) throw noAct(`"${field}" of ${name} is missing or wrong`);
    return [field, value] as const;
  });
  return { name, fields: Object.fromEntries(fields) };
}

/** The command of an act, answered as JSON. */
export function commandOf({ name, fields }: Act): CommandRequest {
  const { command, args }: Rule = RULES[name];
  return { command, args: args.map((field) => fields[field] ?? ''), flags: { json: true } };
}

/** The page that asks for confirmation. */
export function askPath(act: Act): string {
  return `/xs-backup/do?${new URLSearchParams({ act: act.name, ...act.fields })}`;
}

/** The page that shows its effect. */
export function effectPath({ name, fields }: Act): string {
  const laptop = laptopPath(fields.serial as Serial);
  switch (name) {
    case 'approve':
    case 'reject':
    case 'register-window':
      return '/xs-backup/waiting';
    case 'forget':
      return '/xs-backup/class';
    case 'release':
    case 'drop':
      return '/xs-backup/held';
    case 'undelete':
      return '/xs-backup/trash';
    case 'retire':
    case 'unretire':
    case 'alias':
    case 'unalias':
    case 'pin':
    case 'unpin':
      return laptop;
    default:
      return name satisfies never;
  }
}

/** The act that undoes it; undefined where there is none, or it is on another page. */
export function undoOf({ name, fields }: Act): Act | undefined {
  const { serial = '' } = fields;
  switch (name) {
    case 'retire':
      return { name: 'unretire', fields: { serial } };
    case 'unretire':
      return { name: 'retire', fields: { serial } };
    case 'alias':
      return { name: 'unalias', fields: { serial } };
    case 'pin':
      return { name: 'unpin', fields: { serial, pin: fields.snapshot ?? '' } };
    default:
      return undefined;
  }
}

export function fieldsOf(name: ActName): Field[] {
  const { args }: Rule = RULES[name];
  return [...args];
}

const ARABIC_ZERO = 0x660;

/** Six digits, typed with spaces or in Arabic digits as well. */
function readCode(text: string): string | undefined {
  const digits = text
    .replace(/[\u0660-\u0669]/g, (digit) => String((digit.codePointAt(0) ?? 0) - ARABIC_ZERO))
    .replace(/ /g, '');
  return /^\d{6}$/.test(digits) ? digits : undefined;
}

function noAct(message: string): DsError {
  return new DsError('bad-input', message, { hint: 'go back and choose again' });
}
