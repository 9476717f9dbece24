/**
 * The pages about the disk.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Serial } from '../../../../shared/ids.ts';
import { damagedThings } from '../../../admin/damaged-things.ts';
import { allReliefs, mayUse } from '../../../admin/relief.ts';
import { readStatus } from '../../../admin/status.ts';
import { cleanUp, type LaptopReport } from '../../../chores/cleanup.ts';
import { nextToGo } from '../../../chores/next-to-go.ts';
import { readDays } from '../../../retention/day-log.ts';
import { laptopQuotas } from '../../../retention/quota.ts';
import type { Site } from '../../guard/site-context.ts';
import type { Sent } from '../acts/act-routes.ts';
import { frameProps } from '../acts/frame-props.ts';
import { statusView } from '../school/status-view.ts';
import { namer } from '../shown/namer.ts';
import { CleanupPage } from './cleanup-page.tsx';
import { DiskPage } from './disk-page.tsx';

type Asked = FastifyRequest<{ Querystring: Sent }>;

/** On a part that only teachers reach. */
export function addDiskRoutes(part: FastifyInstance, site: Site): void {
  const { library } = site;
  part.get('/xs-backup/disk', async (request: Asked, reply) => {
    const { page } = frameProps(site, request, reply);
    const status = await readStatus(library);
    const usage = await library.index.usage();
    const nameOf = namer(library.registrations.bySerial());
    const quotas = laptopQuotas(library);
    const node = DiskPage({
      ...{ page, parts: status.parts },
      ...{ days: readDays(library.paths), fullOn: status.fullOn },
      relief: status.reliefs,
      facts: statusView(page.words, status).facts,
      uses: usage
        .map(({ serial, bytes, stuck }) => ({
          ...{ serial: serial as Serial, name: nameOf(serial), bytes },
          // As on the page of the laptop: the shares as they are now.
          quotaBytes: mayUse(quotas(serial as Serial).bytes, bytes, status.disk.freeBytes),
          stuck: stuck === 1,
        }))
        .sort((a, b) => b.bytes - a.bytes),
      damage: library.pool.damage.list().map(({ digest, found, names }) => ({
        ...{ digest, found: Math.floor(Date.parse(found) / 1000), names: names ?? [] },
      })),
      damagedThings: damagedThings(library).map((one) => ({ ...one, nick: nameOf(one.serial) })),
      distrust: library.timeline.distrust || null,
    });
    return site.send(reply, node);
  });

  // A dry run measures the whole library, so concurrent requests share one.
  let working: Promise<LaptopReport[]> | undefined;
  const dryRun = async () => {
    const reports: LaptopReport[] = [];
    await cleanUp(library, { dryRun: true, onLaptop: (one) => void reports.push(one) });
    return reports;
  };
  part.get('/xs-backup/disk/cleanup', async (request: Asked, reply) => {
    working ??= dryRun().finally(() => {
      working = undefined;
    });
    const reports = await working;
    const { page } = frameProps(site, request, reply);
    const nameOf = namer(library.registrations.bySerial());
    const facts = { next: nextToGo(library), reliefs: await allReliefs(library) };
    return site.send(reply, CleanupPage({ page, reports, nameOf, ...facts }));
  });
}
