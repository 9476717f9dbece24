/**
 * How much of the library's disk one laptop may use: the share of all laptops, divided by the number
 * of those that share it, in bytes and in inodes alike. Who shares it is decided by `sharers`:
 * laptops that are in use and have a snapshot, so that made-up ones take nothing from the others.
 */
import { readFileSync, statfsSync } from 'node:fs';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Paths } from '../storage/paths.ts';
import type { Amount } from './retention.ts';

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
  /** The number of laptops that share the disk. */
  sharers: () => number;
}

/** The soft quota of each laptop, as things are now. Throws `config` for an unusable xs-quotas file. */
export function laptopQuota({ paths, config, sharers }: QuotaContext): Amount {
  return quotaOf(diskSize(paths.library), sharers(), sharePercent(config.quota));
}

/** What all laptops together may use. Throws `config` for an unusable xs-quotas file. */
export function roomForLaptops(library: string, rules: QuotaRules): Amount {
  return quotaOf(diskSize(library), 1, sharePercent(rules));
}

/** The size of the library's file system; Infinity for inodes that it creates as needed. */
export function diskSize(library: string): Amount {
  const fs = statfsSync(library);
  return { bytes: fs.blocks * fs.bsize, inodes: fs.files === 0 ? Infinity : fs.files };
}

/** One laptop's soft quota, in bytes and inodes. */
export function quotaOf(disk: Amount, laptops: number, sharePercent: number): Amount {
  const part = (whole: number) => Math.floor((whole * sharePercent) / (100 * Math.max(1, laptops)));
  return { bytes: part(disk.bytes), inodes: part(disk.inodes) };
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
