/**
 * The status for Prometheus (text format 0.0.4). Numbers only: no names and no serials.
 */
import { CONCERN_TYPES, type ConcernType, concerns } from './concerns.ts';
import { STANDINGS } from './laptop-states.ts';
import type { Status } from './status.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Metric = [name: string, help: string, value: number, labels?: string];

export function formatMetrics(status: Status, liveLeases: number): string {
  const { laptops, disk, forecast, scrub } = status;
  const count = (standing: string) => laptops.filter((one) => one.standing === standing).length;
  const notSafeEntries = status.notSafe.reduce((sum, { count }) => sum + count, 0);
  const open = new Set(concerns(status).map(({ type }) => type));
  const isOpen = (type: ConcernType) => (open.has(type) ? 1 : 0);
  const metrics: Metric[] = [
    ...STANDINGS.map(
      (one): Metric => ['laptops', 'Registered laptops', count(one), `{standing="${one}"}`],
    ),
    ['held_laptops', 'Laptops with backups held aside', status.held.length],
    ['not_safe_entries', 'Entries that laptops say are not safe', notSafeEntries],
    ['waiting_keys', 'Laptops with a key pending approval', status.waitingKeys.length],
    ['over_quota_laptops', 'Laptops over their quota', status.overQuota.length],
    ['leases', 'Transfers at present', liveLeases],
    ['disk_free_bytes', 'Free space of the library', disk.freeBytes],
    ['disk_used_bytes', 'Used space of the library', disk.usedBytes],
    ['disk_free_inodes_ratio', 'Free inodes of the library', disk.freeInodes],
    ['full_copy_bytes', 'One full copy of every laptop', forecast.neededBytes],
    ['room_bytes', 'Space that laptops may use', forecast.roomBytes],
    ['trash_items', 'Removed items that can be restored', status.trash],
    ['damaged_contents', 'Files known to be damaged', status.damaged],
    ['scrub_shard', 'Next of 256 shards to be read', scrub.shard],
    ...CONCERN_TYPES.map(
      (type): Metric => ['concern', 'What needs attention', isOpen(type), `{type="${type}"}`],
    ),
    ['offsite_set_up', 'Whether a copy elsewhere is set up', status.offsite === 'none' ? 0 : 1],
    ['clock_trusted', 'Whether the clock is trusted', status.clock.trusted ? 1 : 0],
  ];
  const seen = new Set<string>();
  const lines = metrics.flatMap(([name, help, value, labels = '']) => {
    const full = `xs_backup_${name}`;
    const head = seen.has(name) ? [] : [`# HELP ${full} ${help}`, `# TYPE ${full} gauge`];
    seen.add(name);
    return [...head, `${full}${labels} ${value}`];
  });
  return `${lines.join('\n')}\n`;
}
