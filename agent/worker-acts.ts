/**
 * What a worker can do, by name. Each act checks what it is given, loads only what it needs, and
 * returns plain data.
 */
import * as v from 'valibot';
import { asDsError, type ErrorCode } from '../shared/errors.ts';
import { parseSnapshotName, parseUid, type SnapshotName } from '../shared/ids.ts';
import type { EntrySummary } from '../shared/protocol.ts';
import { searchEntries } from './browse.ts';
import type { Context } from './context.ts';
import type { Lookaround } from './lookaround.ts';

export interface Desk {
  context: Context;
  lookaround: Lookaround;
}

export type Act = (desk: Desk, params: unknown) => Promise<unknown>;

const text = v.optional(v.string(), '');
const place = v.object({ of: text, snapshot: text, entry: text });
const listing = v.object({
  ...place.entries,
  search: text,
  offset: v.optional(v.number(), 0),
  limit: v.optional(v.number(), 100),
});
const pinNotes = v.object({
  notes: v.array(v.object({ uid: v.string(), snapshot: v.nullable(v.string()) })),
});

export const ACTS: Readonly<Record<string, Act>> = {
  backup: async ({ context }) => {
    const { backUp } = await import('./backup.ts');
    const done = await backUp(context, false);
    const { problems, held, snapshot, entries, changed, removed, sentBytes } = done;
    const summary = { entries, changed, removed, sentBytes, problems: problems.length };
    return { summary, held: held ?? '', snapshot };
  },

  restore: async ({ context }, params) => {
    const { snapshot, entry } = v.parse(place, params);
    const { restore } = await import('./restore.ts');
    const done = await restore(context, {
      snapshot: snapshotOf(snapshot),
      entry: entry ? parseUid(entry) : undefined,
      wait: false,
    });
    const { restored, beside, alreadyHere, receivedBytes, problems, repaired } = done;
    const counts = { problems: problems.length, repaired: repaired.length };
    return { summary: { restored, beside, alreadyHere, receivedBytes, ...counts } };
  },

  /** What this laptop knows by itself. */
  facts: async ({ context }) => {
    const { readFacts } = await import('./facts.ts');
    return readFacts(context);
  },

  days: async ({ lookaround }, params) => {
    v.parse(place, params);
    const snapshots = await lookaround.ask(({ control }) => control.snapshots());
    return snapshots.map(({ name, created, entries, bytes }) => {
      return { snapshot: name, created: Date.parse(created) / 1000, entries, bytes };
    });
  },

  entries: ({ lookaround }, params) => {
    const { snapshot, search, offset, limit } = v.parse(listing, params);
    return lookaround.ask(async ({ control }) => {
      const name = await nameOf(control, snapshot);
      const found: EntrySummary[] = [];
      for await (const page of control.entries(name)) found.push(...page);
      const entries = searchEntries(found, search);
      const page = entries.slice(offset, offset + limit).map(({ mimeType, ...entry }) => {
        return { ...entry, 'mime-type': mimeType };
      });
      return { total: entries.length, entries: page };
    });
  },

  pins: async ({ lookaround }) => {
    const { pins, bytes, limit } = await lookaround.ask(({ control }) => control.pins());
    const dated = pins.map((pin) => ({ ...pin, pinned: Date.parse(pin.pinned) / 1000 }));
    return { pins: dated, bytes, limit };
  },

  /** Pins (a snapshot) and unpins (null) one after the other. */
  pin: async ({ lookaround }, params) => {
    const { notes } = v.parse(pinNotes, params);
    return lookaround.ask(async ({ control }) => {
      const refused: Refused[] = [];
      for (const { uid, snapshot } of notes) {
        try {
          if (snapshot === null) await control.unpin(parseUid(uid));
          else await control.pin(parseUid(uid), await nameOf(control, snapshot));
        } catch (error) {
          const { code, message, hint = '' } = asDsError(error);
          if (!HOPELESS.includes(code)) throw error;
          refused.push({ uid, code, message, hint });
        }
      }
      return { refused };
    });
  },
};

/** A pin that the school will never take; it must not stand in the way of the others. */
export interface Refused {
  uid: string;
  code: ErrorCode;
  message: string;
  hint: string;
}
const HOPELESS: readonly ErrorCode[] = ['not-found', 'bad-input', 'bad-id', 'over-quota'];

function snapshotOf(text: string): SnapshotName | undefined {
  return text === '' ? undefined : parseSnapshotName(text);
}

/** An empty name means the newest. */
async function nameOf(
  control: { state(): Promise<{ newest: { name: SnapshotName } | null }> },
  name: string,
): Promise<SnapshotName> {
  const found = snapshotOf(name) ?? (await control.state()).newest?.name;
  return found ?? parseSnapshotName(name);
}
