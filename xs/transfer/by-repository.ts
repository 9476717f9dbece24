/**
 * A transfer by a restic repository that both schools reach. It is written there from links beside the pool,
 * which take no space, and fetched into a folder that is gone afterwards.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Serial } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { checkConfigured, findRestored, type ResticContext, restic } from '../offsite/restic.ts';
import { inLibrary } from '../storage/paths.ts';
import { type ReceiveOptions, takeTransfer } from './receive.ts';
import { type OwnLaptop, type SendOptions, type Sent, writeTransfer } from './send.ts';
import { HEAD, type TransferHead } from './transfer-folder.ts';

const TAG = 'ds-transfer';
const KINDS = /^(sftp|rest|s3|azure|gs|b2|swift|rclone):/;

/** The repository that somebody typed: the word for the one in the settings, or an address; else undefined. */
export function repositoryOf(context: ResticContext, typed: string): ResticContext | undefined {
  if (typed === 'repository') return context;
  if (!KINDS.test(typed)) return undefined;
  const { config } = context;
  return { ...context, config: { ...config, offsite: { ...config.offsite, repository: typed } } };
}

export async function sendByRepository(
  context: ResticContext,
  laptops: readonly OwnLaptop[],
  options: SendOptions,
): Promise<Sent> {
  checkConfigured(context.config);
  const serial = (laptops[0] as OwnLaptop)[0];
  const folder = inLibrary(options.paths).leaving(serial);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const sent = await writeTransfer(folder, laptops, { ...options, link: true });
  failpoint('transfer.staged');
  const tags = ['--tag', TAG, '--tag', serial, '--host', TAG];
  await restic(context, ['backup', '--quiet', ...tags, folder]);
  failpoint('transfer.sent');
  rmSync(folder, { recursive: true, force: true });
  return sent;
}

/** Throws `not-found` where the repository has nobody of that name. */
export async function takeByRepository(
  context: ResticContext,
  serial: Serial,
  options: ReceiveOptions,
): Promise<TransferHead> {
  checkConfigured(context.config);
  const { arrivals } = inLibrary(options.paths);
  const fetched = join(arrivals, `.fetched-${serial}`);
  rmSync(fetched, { recursive: true, force: true });
  mkdirSync(fetched, { recursive: true, mode: 0o700 });
  try {
    await restic(context, ['restore', 'latest', '--tag', `${TAG},${serial}`, '--target', fetched]);
    failpoint('arrival.fetched');
    const head = findRestored(fetched, HEAD);
    if (!head) throw new DsError('not-found', `the repository has no transfer of ${serial}`);
    return await takeTransfer(dirname(head), options);
  } finally {
    rmSync(fetched, { recursive: true, force: true });
  }
}
