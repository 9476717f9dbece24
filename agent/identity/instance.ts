/**
 * `instance.json`: a random number for this profile on this machine. Two laptops with a copied profile get
 * two numbers, by which the school server can tell them apart (PROTOCOL.md, "Two laptops of one name").
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { writeFileDurably } from '../../shared/system/files.ts';
import type { Context } from '../context.ts';
import { takeIntroduction } from '../profile.ts';
import { ifWritable } from '../workplace.ts';
import { machineFacts } from './machine-facts.ts';

const schema = v.object({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  /** Hashes of the parts of the machine. */
  machine: v.array(v.string()),
});
type Instance = v.InferOutput<typeof schema>;

/** The number, or a new one on another machine than that of the file. */
export async function ensureInstance(
  context: Context,
  facts: readonly string[] = machineFacts(),
): Promise<string> {
  const known = read(context);
  if (known && judge(known, facts) === 'same') return known.id;
  await using _lock = await takeIntroduction(context);
  const next = nextInstance(read(context), facts, () => randomBytes(16).toString('hex'));
  ifWritable(context, () => {
    writeFileDurably(context.paths.instance, `${JSON.stringify(next)}\n`, 0o600);
  });
  return next.id;
}

/** One part in common is the same machine: a disk moved, or a card was replaced. Pure. */
export function nextInstance(
  known: Instance | undefined,
  facts: readonly string[],
  make: () => string,
): Instance {
  if (!known || judge(known, facts) === 'other') return { id: make(), machine: [...facts] };
  return { id: known.id, machine: facts.length > 0 ? [...facts] : known.machine };
}

/** `changed`: the same machine, with other parts than those that were noted. */
function judge({ machine }: Instance, facts: readonly string[]): 'same' | 'changed' | 'other' {
  if (facts.length === 0) return 'same'; // nothing can be said
  if (machine.length === 0) return 'changed';
  const common = facts.filter((fact) => machine.includes(fact)).length;
  if (common === 0) return 'other';
  return common === facts.length && common === machine.length ? 'same' : 'changed';
}

function read({ paths }: Context): Instance | undefined {
  try {
    return v.parse(schema, JSON.parse(readFileSync(paths.instance, 'utf8')));
  } catch {
    return undefined; // absent, or damaged: a new number harms nobody
  }
}
