/** The agent's answers: laptops, days, entries, plans, pins. Malformed items are dropped. */
import type { PinRow } from '../../../shared/backup-bus.ts';
import { CLASS_STANDINGS } from '../../../shared/protocol/offer-states.ts';
import { type Properties, reader } from './agent.ts';

export interface Laptop {
  serial: string;
  nick: string;
  color: string;
  replaced: boolean;
}

export interface Day {
  snapshot: string;
  created: number;
  entries: number;
  bytes: number;
}

/** How the entry in this laptop's Journal compares with the version at school. */
export type Here = 'same' | 'kept' | 'different' | 'absent';

export interface EntryRow {
  uid: string;
  digest: string;
  title: string;
  mimeType: string;
  activity: string;
  color: string;
  timestamp: number;
  bytes: number;
  pinned: boolean;
  here: Here;
}

export interface Version {
  snapshot: string;
  created: number;
  digest: string;
}

export interface Details extends EntryRow {
  description: string;
  tags: string;
  created: number;
  versions: Version[];
  /** What became of it on the class page; null where it cannot be offered. */
  classPage: ClassStanding | null;
}

type ClassStanding = (typeof CLASS_STANDINGS)[number];

export interface Plan {
  snapshot: string;
  entries: number;
  bytes: number;
  here: number;
  beside: number;
  free: number;
  samples: string[];
}

export type Pin = PinRow;

export interface Pins {
  pins: Pin[];
  used: number;
  limit: number;
}

/** Above this share the jar counts as full. */
const FULL = 0.95;

/** The used share of the space for pins, from 0. */
export function fillOf({ used, limit }: Pins): number {
  return limit > 0 ? used / limit : 0;
}

export function isJarFull(pins: Pins): boolean {
  return fillOf(pins) > FULL;
}

/** The pins as they are listed: the newest first; in a full jar the oldest, the one to take out. */
export function pinsInOrder(all: Pins): Pin[] {
  const direction = isJarFull(all) ? 1 : -1;
  return all.pins.toSorted((a, b) => direction * (a.pinned - b.pinned));
}

export interface EntryPage {
  total: number;
  rows: EntryRow[];
}

export interface AtSchool {
  uid: string;
  title: string;
  bytes: number;
}

export function readLaptops(value: unknown): Laptop[] {
  return dictionaries(value).flatMap((properties) => {
    const read = reader(properties);
    const serial = read.text('serial');
    if (serial === '') return [];
    const [nick, color] = [read.text('nick'), read.text('color')];
    return [{ serial, nick, color, replaced: read.flag('replaced') }];
  });
}

export function readDays(value: unknown): Day[] {
  return dictionaries(value).flatMap((properties) => {
    const read = reader(properties);
    const snapshot = read.text('snapshot');
    if (snapshot === '') return [];
    const created = read.number('created');
    return [{ snapshot, created, entries: read.count('entries'), bytes: read.count('bytes') }];
  });
}

export function readEntryPage(total: unknown, rows: unknown): EntryPage {
  const read = dictionaries(rows).flatMap(readRow);
  return {
    total: typeof total === 'number' ? Math.max(total, read.length) : read.length,
    rows: read,
  };
}

export function readDetails(value: unknown): Details | null {
  const properties = isDictionary(value) ? value : {};
  const [row] = readRow(properties);
  if (!row) return null;
  const read = reader(properties);
  return {
    ...row,
    description: read.text('description'),
    tags: read.text('tags'),
    created: read.number('created'),
    versions: read.list('versions').flatMap(readVersion),
    classPage: CLASS_STANDINGS.find((one) => one === read.text('class-page')) ?? null,
  };
}

export function readPlan(value: unknown): Plan | null {
  if (!isDictionary(value)) return null;
  const read = reader(value);
  return {
    snapshot: read.text('snapshot'),
    entries: read.count('entries'),
    bytes: read.count('bytes'),
    here: read.count('here'),
    beside: read.count('beside'),
    free: read.count('free'),
    samples: read.texts('samples').slice(0, 4),
  };
}

export function readPins(pins: unknown, used: unknown, limit: unknown): Pins {
  const size = (value: unknown) => (typeof value === 'number' ? Math.max(0, value) : 0);
  const read = dictionaries(pins).flatMap((properties) => {
    const of = reader(properties);
    const uid = of.text('uid');
    if (uid === '') return [];
    return [
      {
        uid,
        snapshot: of.text('snapshot'),
        title: of.text('title'),
        bytes: of.count('bytes'),
        pinned: of.number('pinned'),
        later: of.flag('later'),
      },
    ];
  });
  return { pins: read, used: size(used), limit: size(limit) };
}

export function readAtSchool(value: unknown): AtSchool[] {
  return dictionaries(value).flatMap((properties) => {
    const read = reader(properties);
    const uid = read.text('uid');
    return uid === '' ? [] : [{ uid, title: read.text('title'), bytes: read.count('bytes') }];
  });
}

function readRow(properties: Properties): EntryRow[] {
  const read = reader(properties);
  const uid = read.text('uid');
  if (uid === '') return [];
  const here = read.text('here');
  return [
    {
      uid,
      digest: read.text('digest'),
      title: read.text('title'),
      mimeType: read.text('mime-type'),
      activity: read.text('activity'),
      color: read.text('color'),
      timestamp: read.number('timestamp'),
      bytes: read.count('bytes'),
      pinned: read.flag('pinned'),
      here: here === 'same' || here === 'kept' || here === 'different' ? here : 'absent',
    },
  ];
}

function readVersion(value: unknown): Version[] {
  if (!Array.isArray(value)) return [];
  const [snapshot, created, digest] = value;
  if (typeof snapshot !== 'string' || typeof created !== 'number') return [];
  return [{ snapshot, created, digest: typeof digest === 'string' ? digest : '' }];
}

function dictionaries(value: unknown): Properties[] {
  return Array.isArray(value) ? value.filter(isDictionary) : [];
}

function isDictionary(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
