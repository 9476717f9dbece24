/**
 * `.instances.json` in a laptop's folder: which agents came with its key (PROTOCOL.md, "Two laptops of one
 * name"). Written only when another one comes than the last time.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type { Clock } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import { idSchema } from '../../shared/id-schema.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { instanceSchema as instance } from '../../shared/protocol/messages.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { placedAside, placeFilesAside } from '../../shared/system/files-aside.ts';
import { inLaptop, type Paths } from '../storage/paths.ts';
import { type Meeting, meet, type Twins } from './twins.ts';

const serialSchema = idSchema(parseSerial);
const schema = v.object({
  version: v.literal(1),
  owner: instance,
  last: instance,
  others: v.array(instance),
  since: v.nullable(v.string()),
  moved: v.array(
    v.object({
      instance,
      serial: serialSchema,
      uuid: v.string(),
    }),
  ),
  from: v.optional(serialSchema),
});
const questionSchema = v.object({
  instance: v.optional(instance),
  base: v.optional(v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number))),
});

/** Undefined where no agent has told its number, or the file is damaged: it then begins anew. */
export function readTwins(paths: Paths, serial: Serial): Twins | undefined {
  try {
    return v.parse(schema, JSON.parse(readFileSync(inLaptop(paths, serial).instances, 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeTwins(paths: Paths, serial: Serial, twins: Twins): void {
  writeFileDurably(inLaptop(paths, serial).instances, textOf(twins), 0o600);
}

function textOf(twins: Twins): string {
  return `${JSON.stringify(twins)}\n`;
}

/** Whether there are two laptops of this name, and nobody has decided yet. */
export function hasTwin(paths: Paths, serial: Serial): boolean {
  return typeof readTwins(paths, serial)?.since === 'string';
}

/** Replaces what is `known` by what follows from it. False if it is another one by now. */
async function replaceTwins(
  paths: Paths,
  serial: Serial,
  known: Twins | undefined,
  twins: Twins,
): Promise<boolean> {
  let isStill = false;
  await placeFilesAside([inLaptop(paths, serial).instances], textOf(twins), 0o600, (rename) => {
    isStill = isDeepStrictEqual(readTwins(paths, serial), known);
    if (isStill) rename();
  });
  return isStill;
}

/**
 * An agent asks for its state with `?instance=…&base=…`. `newest` is the sequence of the newest snapshot.
 * Throws `pending-approval` for the second of two; older agents have no number and are not told apart.
 */
export async function meetAgent(
  { paths, clock }: { paths: Paths; clock: Clock },
  serial: Serial,
  query: unknown,
  newest: number,
): Promise<Meeting> {
  const asked = v.safeParse(questionSchema, query);
  if (!asked.success || asked.output.instance === undefined) return { type: 'ours', settle: false };
  const { instance: who, base } = asked.output;
  const isBehind = base !== undefined && base < newest;
  let meeting: Meeting | undefined;
  while (!meeting) {
    await placedAside(inLaptop(paths, serial).instances);
    const known = readTwins(paths, serial);
    const met = meet(known, who, { isBehind, now: clock.now() });
    const isNoted = met.twins === known || (await replaceTwins(paths, serial, known, met.twins));
    if (isNoted) meeting = met.meeting;
  }
  if (meeting.type !== 'twin') return meeting;
  throw new DsError('pending-approval', 'two laptops answer to this name', {
    hint: `a teacher decides which is which: "xs-backup twins ${serial} separate" gives this one its own`,
  });
}
