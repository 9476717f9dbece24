/**
 * What a worker can do, by name. Each act checks what it is given, loads only what it needs, and
 * returns plain data.
 */
import * as v from 'valibot';
import { asDsError, type ErrorCode } from '../../shared/errors.ts';
import {
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  type SnapshotName,
} from '../../shared/ids.ts';
import type { Catalogue, Place, WithHere } from '../browse/catalogue.ts';
import type { Context } from '../context.ts';
import type { SharedSession } from '../school/shared-session.ts';

export interface Desk {
  context: Context;
  lookaround: SharedSession;
  looking: () => Promise<Catalogue>;
  /** What is here has to be looked at again. */
  journalChanged: () => void;
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
    const { backUp } = await import('../backup/backup.ts');
    const done = await backUp(context, false);
    const { problems, held, snapshot, entries, changed, removed, sentBytes } = done;
    const summary = { entries, changed, removed, sentBytes, problems: problems.length };
    return { summary, held: held ?? '', snapshot };
  },

  restore: async ({ context }, params) => {
    const { entry, ...where } = v.parse(place, params);
    const { restore } = await import('../restore/restore.ts');
    const only = entry ? parseUid(entry) : undefined;
    const done = await restore(context, { ...placeOf(where), entry: only, wait: false });
    const { restored, beside, alreadyHere, receivedBytes, problems, repaired } = done;
    const counts = { problems: problems.length, repaired: repaired.length };
    return { summary: { restored, beside, alreadyHere, receivedBytes, ...counts } };
  },

  keep: async ({ context }, params) => {
    const { keepAtSchool } = await import('../keep/keep.ts');
    const bytes = await keepAtSchool(context, parseUid(v.parse(place, params).entry));
    return { summary: { bytes } };
  },

  fetch: async ({ context }, params) => {
    const { fetchBack } = await import('../keep/fetch-back.ts');
    const bytes = await fetchBack(context, parseUid(v.parse(place, params).entry));
    return { summary: { bytes } };
  },

  kept: async ({ context }) => (await import('../keep/fetch-back.ts')).listKept(context),

  'forget-restore': async ({ context }, params) => {
    const { of, snapshot } = placeOf(v.parse(place, params));
    const { openState } = await import('../state.ts');
    await using state = await openState(context.paths.state);
    if (snapshot) await state.endRestore({ of, snapshot });
  },

  /** What this laptop knows by itself. */
  facts: async ({ context, journalChanged }) => {
    journalChanged();
    const { readFacts } = await import('../browse/facts.ts');
    return readFacts(context);
  },

  laptops: ({ lookaround }) => lookaround.ask(({ control }) => control.laptops()),

  days: async ({ lookaround }, params) => {
    const { of } = placeOf(v.parse(place, params));
    const snapshots = await lookaround.ask(({ control }) => control.snapshots(of));
    return snapshots.map(({ name, created, entries, bytes }) => {
      return { snapshot: name, created: secondsOf(created), entries, bytes };
    });
  },

  entries: async ({ looking }, params) => {
    const { search, offset, limit, ...where } = v.parse(listing, params);
    const found = await (await looking()).entries(placeOf(where), search, offset, limit);
    return { total: found.total, entries: found.entries.map(rowOf) };
  },

  details: async ({ looking }, params) => {
    const { entry, ...where } = v.parse(place, params);
    const details = await (await looking()).details(placeOf(where), parseUid(entry));
    const versions = details.versions.map(({ snapshot, created, digest }) => {
      return [snapshot, secondsOf(created), digest];
    });
    return { ...rowOf(details), versions };
  },

  /** In base64; empty for an entry without a picture. */
  preview: async ({ looking }, params) => {
    const { entry, ...where } = v.parse(place, params);
    return (await (await looking()).preview(placeOf(where), parseUid(entry))).toString('base64');
  },

  plan: async ({ looking }, params) => (await looking()).plan(placeOf(v.parse(place, params))),

  'web-link': async ({ context, lookaround }) => {
    const { findServer } = await import('../school/session.ts');
    const { server } = await findServer(context);
    return new URL(await lookaround.ask(({ control }) => control.webLink()), server).href;
  },

  pins: async ({ lookaround }) => {
    const { pins, bytes, limit } = await lookaround.ask(({ control }) => control.pins());
    const dated = pins.map((pin) => ({ ...pin, pinned: secondsOf(pin.pinned) }));
    return { pins: dated, bytes, limit };
  },

  /** Pins (a snapshot) and unpins (null) one after the other. */
  pin: async ({ context, lookaround, looking }, params) => {
    const { notes } = v.parse(pinNotes, params);
    const { checkUnpin } = await import('../keep/fetch-back.ts');
    const refused: Refused[] = [];
    const look = await looking();
    for (const { uid, snapshot } of notes) {
      try {
        if (snapshot === null) checkUnpin(context, parseUid(uid));
        const name = snapshot === null ? null : await look.nameOf(placeOf({ of: '', snapshot }));
        await lookaround.ask(({ control }) => {
          return name === null ? control.unpin(parseUid(uid)) : control.pin(parseUid(uid), name);
        });
      } catch (error) {
        const { code, message, hint = '' } = asDsError(error);
        if (!HOPELESS.includes(code)) throw error;
        refused.push({ uid, code, message, hint });
      }
    }
    look.forgetLists();
    return { refused };
  },
};

/** A pin that the school will never take; it must not stand in the way of the others. */
export interface Refused {
  uid: string;
  code: ErrorCode;
  message: string;
  hint: string;
}
const HOPELESS: readonly ErrorCode[] = [
  ...(['not-found', 'bad-input', 'bad-id', 'over-quota', 'only-copy'] as const),
];

/** Whole seconds since 1970, as the bus has times. */
const secondsOf = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

/** An entry's row as the bus names things. */
function rowOf<T extends { mimeType: string | null }>({ mimeType, ...entry }: WithHere<T>) {
  return { ...entry, 'mime-type': mimeType };
}

function placeOf({ of, snapshot }: { of: string; snapshot: string }): Place {
  const owner: Serial | undefined = of === '' ? undefined : parseSerial(of);
  const name: SnapshotName | undefined = snapshot === '' ? undefined : parseSnapshotName(snapshot);
  return { of: owner, snapshot: name };
}
