/**
 * The pages about one laptop.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseSerial, type Serial, tryParse } from '../../../../shared/ids.ts';
import { laptopRows, olderOf } from '../../../admin/laptop-list.ts';
import { mayUse } from '../../../admin/relief.ts';
import { runCommand } from '../../../commands/service-socket.ts';
import type { Library } from '../../../library.ts';
import { listPins, pinLimit, pinnedSnapshots, titleOf } from '../../../pins/pins.ts';
import { hasBackup } from '../../../registration/has-backup.ts';
import { laptopQuotas } from '../../../retention/quota.ts';
import { hasDamage } from '../../../storage/damage-register.ts';
import { measureDisk } from '../../../storage/disk.ts';
import { readNotSafe } from '../../../storage/not-safe.ts';
import { listSnapshots } from '../../../storage/snapshots.ts';
import { paginate, wordMatcher } from '../../frame/paging.ts';
import { laptopPath } from '../../frame/paths.ts';
import { noLaptop } from '../../guard/missing.ts';
import type { Site } from '../../guard/site-context.ts';
import type { Sent } from '../acts/act-routes.ts';
import { frameProps } from '../acts/frame-props.ts';
import { cardOf, cardsOf } from '../shown/laptop-card.ts';
import { LAPTOPS_PER_PAGE, readClassSearch } from './class-search.ts';
import { CodePage, type CodeProps, codePath } from './code-page.tsx';
import { LaptopPage, type LaptopProps, snapshotLines } from './laptop-page.tsx';
import { olderLaptops, ReplacePage } from './replace-page.tsx';

type OfLaptop = FastifyRequest<{ Params: { serial: string }; Querystring: Sent }>;

/** On a part that only teachers reach. */
export function addLaptopRoutes(part: FastifyInstance, site: Site): void {
  const { library } = site;
  const { registrations } = library;

  part.get('/xs-backup/laptop/:serial', async (request: OfLaptop, reply) => {
    const serial = registered(library, request);
    const facts = await laptopFacts(library, serial);
    return site.send(reply, LaptopPage({ ...frameProps(site, request, reply), ...facts }));
  });

  part.get('/xs-backup/laptop/:serial/replaces', async (request: OfLaptop, reply) => {
    const serial = registered(library, request);
    if (!site.guard.isKeeper(request)) return reply.redirect(laptopPath(serial), 303);
    const rows = await laptopRows(library, registrations.all());
    const cards = cardsOf(rows);
    const newer = cards.find((card) => card.serial === serial);
    if (!newer) throw noLaptop();
    const { words, page } = readClassSearch(request.query);
    const matches = wordMatcher(words);
    const possible = olderLaptops(serial, cards, registrations.bySerial());
    const found = possible.filter(({ name, serial: one }) => matches(`${name} ${one}`));
    const choices = paginate(found, page, LAPTOPS_PER_PAGE);
    const node = ReplacePage({ ...frameProps(site, request, reply), newer, typed: words, choices });
    return site.send(reply, node);
  });

  addCode(part, site);
}

/** Not a question first: a code harms nobody, and the next one ends it. */
function addCode(part: FastifyInstance, { library, guard, page, send }: Site): void {
  part.get(codePath(':serial'), async (request: OfLaptop, reply) =>
    reply.redirect(laptopPath(registered(library, request)), 303),
  );

  part.post(codePath(':serial'), async (request: OfLaptop, reply) => {
    const serial = registered(library, request);
    const teacher = guard.teacher(request);
    const call = { command: 'sign-in-code', args: [serial], flags: { json: true } };
    let printed = '';
    const print = (text: string) => {
      printed += text;
    };
    const { signal } = new AbortController();
    await library.audit.inNameOf(teacher, () => runCommand(library, call, print, signal));
    const given: Pick<CodeProps, 'code' | 'address' | 'hours'> = JSON.parse(printed);
    const name = library.registrations.nameOf(serial);
    return send(reply, CodePage({ page: page(request, reply), serial, name, ...given }));
  });
}

function registered({ registrations }: Library, { params }: OfLaptop): Serial {
  const serial = tryParse(parseSerial, params.serial);
  if (serial && registrations.get(serial)) return serial;
  throw noLaptop();
}

async function laptopFacts(
  library: Library,
  serial: Serial,
): Promise<Omit<LaptopProps, 'page' | 'now' | 'done'>> {
  const { paths, pool, registrations, index } = library;
  const laptop = registrations.get(serial);
  const [row] = laptop ? await laptopRows(library, [[serial, laptop]]) : [];
  if (!row) throw noLaptop();
  const usage = (await index.usage()).find((one) => one.serial === serial);
  const quota = laptopQuotas(library)(serial).bytes;
  const { freeBytes } = await measureDisk(paths.library);
  const share = mayUse(quota, usage?.bytes ?? 0, freeBytes);
  const snapshots = listSnapshots(paths, serial);
  return {
    row,
    card: cardOf(row),
    notSafe: readNotSafe(paths, serial),
    snapshots: snapshotLines(snapshots, pinnedSnapshots(paths, serial), (folder) =>
      hasDamage(pool.damage, folder),
    ),
    older: olderOf(library, serial),
    pins: listPins(paths, serial).map((pin) => ({
      ...{ uid: pin.uid, bytes: pin.bytes, title: titleOf(pin), snapshot: pin.snapshot },
      isHere: snapshots.some(({ name }) => name === pin.snapshot),
    })),
    accounts: library.moodle.bindings(serial),
    pinLimit: pinLimit(library, serial),
    quota: usage ? { bytes: usage.bytes, of: share, stuck: usage.stuck === 1 } : null,
    mayReplace: row.retired === null && row.replaces === null && registrations.all().length > 1,
    unused: !hasBackup(paths, serial) && row.replaces === null && row.replacedBy === null,
  };
}
