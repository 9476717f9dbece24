/**
 * How much of the library's disk one laptop may use: its part of the share of all laptops, in bytes and in
 * inodes alike. What its part is says shares.ts, so that made-up laptops take little from the others.
 */
import { readFileSync, statfsSync } from 'node:fs';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { wholeRoom } from '../storage/disk.ts';
import type { Paths } from '../storage/paths.ts';
import type { Amount } from './retention.ts';
import type { Shares } from './shares.ts';

export interface QuotaRules {
  /** What all laptops together may use, in per cent. */
  sharePercent: number;
  pinsPercent: number;
  xsQuotas: string;
}

/** What the quota of a laptop depends on. */
export interface QuotaContext {
  paths: Pick<Paths, 'library'>;
  config: { quota: QuotaRules };
  shares: () => Shares;
}

/** The soft quota of any laptop, as things are now. Throws `config` for an unusable xs-quotas file. */
export function laptopQuotas({ paths, config, shares }: QuotaContext): (serial: Serial) => Amount {
  const room = roomForLaptops(paths.library, config.quota);
  const { of } = shares();
  return (serial) => partOf(room, of(serial));
}

/** That of an established laptop. Throws `config` for an unusable xs-quotas file. */
export function fullQuota({ paths, config, shares }: QuotaContext): Amount {
  return partOf(roomForLaptops(paths.library, config.quota), shares().full);
}

/** What all laptops together may use. Throws `config` for an unusable xs-quotas file. */
export function roomForLaptops(library: string, rules: QuotaRules): Amount {
  return partOf(diskSize(library), sharePercent(rules) / 100);
}

/** What can be used of the library's file system; Infinity for inodes that it creates as needed. */
export function diskSize(library: string): Amount {
  return wholeRoom(statfsSync(library));
}

/** A part of so much, in bytes and inodes; `part` is 0…1. */
export function partOf({ bytes, inodes }: Amount, part: number): Amount {
  return { bytes: Math.floor(bytes * part), inodes: Math.floor(inodes * part) };
}

/** The part of it that pins may use, in bytes. */
export function pinQuota(quota: Amount, pinsPercent: number): number {
  return Math.floor((quota.bytes * pinsPercent) / 100);
}

/** The share in force, in per cent: that of `/etc/xs-quotas.conf` overrides the configuration. */
export function sharePercent(rules: QuotaRules): number {
  let text: string;
  try {
    text = readFileSync(rules.xsQuotas, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return rules.sharePercent;
    throw new DsError('config', `cannot read ${rules.xsQuotas}`, { cause: error });
  }
  return parseXsQuotas(text, rules.xsQuotas) ?? rules.sharePercent;
}

/** The line `ds-backup: N` of the original's file, in per cent; undefined without one. */
export function parseXsQuotas(text: string, file: string): number | undefined {
  const line = text.split('\n').find((one) => /^\s*ds-backup\s*:/.test(one));
  if (line === undefined) return undefined;
  const value = line.replace(/#.*/, '').split(':')[1]?.trim().replace(/\s*%$/, '') ?? '';
  const percent = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (percent >= 1 && percent <= 100) return percent;
  throw new DsError(
    'config',
    `${file}: ${JSON.stringify(line.trim())} is not a valid share of the disk`,
    {
      hint: 'write "ds-backup: N" with N from 1 to 100, in per cent',
    },
  );
}
