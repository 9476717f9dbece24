/**
 * What a teacher may do on the pages: each act is one or two commands of `xs-backup` with validated
 * arguments. Nothing else that a browser sends can become a command.
 */

import { DsError } from '../../../../shared/errors.ts';
import {
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  tryParse,
} from '../../../../shared/ids.ts';
import { OFFER_ID } from '../../../class-page/offer.ts';
import type { CommandRequest } from '../../../commands/service-socket.ts';
import { laptopPath } from '../../frame/paths.ts';
import { MOODLE_PATH } from '../../frame/teacher-frame.tsx';

/** The fields of forms, and their validation. */
const FIELDS = {
  serial: (text: string) => tryParse(parseSerial, text),
  of: (text: string) => tryParse(parseSerial, text),
  code: readCode,
  /** Many laptops: for what they are a group, and a digest of what was shown of it (`many.ts`). */
  group: (text: string) => (/^[a-z][a-z-]{0,39}$/.test(text) ? text : undefined),
  sum: (text: string) => (/^[0-9a-f]{32}$/.test(text) ? text : undefined),
  /** Milliseconds since 1970. */
  from: readMoment,
  to: readMoment,
  key: (text: string) => (/^SHA256:[A-Za-z0-9+/]{43}$/.test(text) ? text : undefined),
  snapshot: (text: string) => tryParse(parseSnapshotName, text),
  pin: (text: string) => tryParse(parseSnapshotName, text) ?? tryParse(parseUid, text),
  item: (text: string) => (/^(datastore|pin)-[\w:-]{1,150}$/.test(text) ? text : undefined),
  offer: (text: string) => (OFFER_ID.test(text) ? text : undefined),
  minutes: (text: string) => (/^\d{1,4}$/.test(text) ? text : undefined),
  wwwroot: (text: string) => (/^https?:\/\/[\x21-\x7e]{1,290}$/.test(text) ? text : undefined),
  client: readWord,
  deployment: readWord,
} as const;
export type Field = keyof typeof FIELDS;
/** In characters; an address is the longest. */
const MAX_FIELD = 400;

interface Rule {
  command: string;
  args: readonly Field[];
  /** The last argument, which no browser chooses. */
  word?: string;
  /** The first one, neither. */
  first?: string;
  /** The kind of key it is limited to. */
  kind?: 'sugar';
  /** Done afterwards. */
  next?: { command: string; args: readonly Field[] };
  /** Done for each laptop that the fields mean. */
  many?: true;
  /** For the whole school, or it takes something away: only a keeper of the server may. */
  keeper?: true;
}

const RULES = {
  approve: { command: 'approve', args: ['serial', 'code'] },
  reject: { command: 'reject', args: ['serial', 'key'] },
  'reject-many': {
    command: 'reject',
    args: ['sum'],
    kind: 'sugar',
    many: true,
    keeper: true,
  },
  'register-window': { command: 'register-window', args: ['minutes'], keeper: true },
  retire: { command: 'retire', args: ['serial'], keeper: true },
  unretire: { command: 'unretire', args: ['serial'], keeper: true },
  forget: { command: 'forget', args: ['serial'], keeper: true },
  alias: { command: 'alias', args: ['serial', 'of'], keeper: true },
  unalias: { command: 'unalias', args: ['serial'], keeper: true },
  /** The old laptop is gone: the new one takes its place, and it is taken out of use. */
  replace: {
    ...{ command: 'alias', args: ['serial', 'of'] },
    next: { command: 'retire', args: ['of'] },
    keeper: true,
  },
  'undo-replace': {
    ...{ command: 'unalias', args: ['serial'] },
    next: { command: 'unretire', args: ['of'] },
    keeper: true,
  },
  separate: { command: 'twins', args: ['serial'], word: 'separate', keeper: true },
  unite: { command: 'twins', args: ['serial'], word: 'one', keeper: true },
  welcome: { command: 'arrivals', args: ['serial'], word: 'welcome', keeper: true },
  decline: { command: 'arrivals', args: ['serial'], word: 'decline', keeper: true },
  /** Takes a welcome back. */
  'move-back': { command: 'arrivals', args: ['serial'], word: 'undo', keeper: true },
  release: { command: 'release', args: ['serial'] },
  'release-many': { command: 'release', args: ['group', 'sum'], many: true },
  /** Takes a release back. */
  'hold-again': { command: 'release', args: ['serial'], word: 'undo' },
  'hold-again-many': { command: 'release', args: ['from', 'to'], word: 'undo', many: true },
  drop: { command: 'drop', args: ['serial'], keeper: true },
  'drop-many': { command: 'drop', args: ['group', 'sum'], many: true, keeper: true },
  pin: { command: 'pin', args: ['serial', 'snapshot'] },
  unpin: { command: 'unpin', args: ['serial', 'pin'] },
  undelete: { command: 'undelete', args: ['serial', 'item'] },
  'class-on': { command: 'class-page', args: [], word: 'on', keeper: true },
  'class-off': { command: 'class-page', args: [], word: 'off', keeper: true },
  'class-yes': { command: 'class-page', args: ['offer'], word: 'yes' },
  'class-no': { command: 'class-page', args: ['offer'], word: 'no' },
  'class-clear': { command: 'class-page', args: ['serial'], word: 'clear' },
  'moodle-add': {
    command: 'moodle',
    first: 'add',
    args: ['wwwroot', 'client', 'deployment'],
    keeper: true,
  },
  'moodle-forget': { command: 'moodle', first: 'forget', args: ['wwwroot'], keeper: true },
  /** No account of a Moodle opens this Journal any more. */
  'moodle-end': { command: 'moodle', first: 'end', args: ['serial'] },
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
    const value =
      typeof text === 'string' && text.length <= MAX_FIELD ? FIELDS[field](text) : undefined;
    if (value === undefined) throw noAct(`"${field}" of ${name} is missing or wrong`);
    return [field, value] as const;
  });
  return { name, fields: Object.fromEntries(fields) };
}

/** The commands of an act in their order, answered as JSON. `laptops` are those of an act about many. */
export function commandsOf(
  { name, fields }: Act,
  laptops: readonly Serial[] = [],
): CommandRequest[] {
  const { command, args, word, first: begin, kind, next, many }: Rule = RULES[name];
  const valuesOf = (names: readonly Field[]) => names.map((field) => fields[field] ?? '');
  const all = { json: true, ...(kind !== undefined && { kind }) };
  const given = (one: string | undefined) => (one === undefined ? [] : [one]);
  if (many) {
    return laptops.map((one) => {
      return { command, args: [one, ...given(word)], flags: all };
    });
  }
  const first = { command, args: [...given(begin), ...valuesOf(args), ...given(word)], flags: all };
  if (!next) return [first];
  return [first, { command: next.command, args: valuesOf(next.args), flags: { json: true } }];
}

/** Whether only a keeper of the server may do it. */
export function isForKeeper(name: ActName): boolean {
  const { keeper }: Rule = RULES[name];
  return keeper === true;
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
    case 'reject-many':
    case 'register-window':
    case 'decline':
      return '/xs-backup/waiting';
    case 'forget':
    case 'move-back':
      return '/xs-backup/class';
    case 'release':
    case 'release-many':
    case 'hold-again':
    case 'hold-again-many':
    case 'drop':
    case 'drop-many':
      return '/xs-backup/held';
    case 'undelete':
      return '/xs-backup/trash';
    case 'class-on':
    case 'class-off':
    case 'class-yes':
    case 'class-no':
    case 'class-clear':
      return '/xs-backup/offers';
    case 'welcome':
    case 'retire':
    case 'unretire':
    case 'alias':
    case 'unalias':
    case 'replace':
    case 'undo-replace':
    case 'separate':
    case 'unite':
    case 'pin':
    case 'unpin':
    case 'moodle-end':
      return laptop;
    case 'moodle-add':
    case 'moodle-forget':
      return MOODLE_PATH;
    default:
      return name satisfies never;
  }
}

/** When an act about many was done, in milliseconds since 1970. */
export type Span = Readonly<Partial<Record<'from' | 'to', string>>>;

/** The act that undoes it; undefined where there is none, or it is on another page. */
export function undoOf({ name, fields }: Act, { from, to }: Span): Act | undefined {
  const { serial = '', of = '', offer = '' } = fields;
  switch (name) {
    case 'retire':
      return { name: 'unretire', fields: { serial } };
    case 'unretire':
      return { name: 'retire', fields: { serial } };
    case 'alias':
      return { name: 'unalias', fields: { serial } };
    case 'replace':
      return { name: 'undo-replace', fields: { serial, of } };
    case 'welcome':
      return { name: 'move-back', fields: { serial } };
    case 'class-on':
      return { name: 'class-off', fields: {} };
    case 'class-off':
      return { name: 'class-on', fields: {} };
    case 'class-yes':
      return { name: 'class-no', fields: { offer } };
    case 'class-no':
      return { name: 'class-yes', fields: { offer } };
    case 'release':
      return { name: 'hold-again', fields: { serial } };
    case 'release-many':
      return from && to ? { name: 'hold-again-many', fields: { from, to } } : undefined;
    case 'pin':
      return { name: 'unpin', fields: { serial, pin: fields.snapshot ?? '' } };
    default:
      return undefined;
  }
}

export function fieldsOf(name: ActName): Field[] {
  const { args, next }: Rule = RULES[name];
  return [...new Set([...args, ...(next?.args ?? [])])];
}

/** A number that Moodle gave, in its own alphabet. */
function readWord(text: string): string | undefined {
  return /^[A-Za-z0-9][\w.~-]{0,254}$/.test(text) ? text : undefined;
}

export function readMoment(text: string): string | undefined {
  return /^\d{12,14}$/.test(text) ? text : undefined;
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
