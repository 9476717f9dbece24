/**
 * The messages of PROTOCOL.md as types with parsers, used by both sides: what one writes, the other
 * reads with these. Change this file and PROTOCOL.md in the same commit.
 */
import * as v from 'valibot';
import { DsError } from '../errors.ts';
import { idSchema } from '../id-schema.ts';
import { parseDigest, parseRunId, parseSerial, parseSnapshotName, parseUid } from '../ids.ts';
import { COLORS } from '../journal/colors.ts';
import { MAX_ENTRIES } from '../journal/sums.ts';
import { visible } from '../one-line.ts';
import { CLASS_STANDINGS, OFFER_STATES } from './offer-states.ts';

/** Maximum size of a completion file, in bytes: MAX_ENTRIES lines of 110 bytes, and some reserve. */
export const MAX_COMPLETION_BYTES = 8 * 1024 * 1024;

const serial = idSchema(parseSerial);
const uid = idSchema(parseUid);
const digest = idSchema(parseDigest);
const run = idSchema(parseRunId);
const snapshotName = idSchema(parseSnapshotName);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** The order of a laptop's snapshots. Ours count from 1; adopted older ones may be 0 or less. */
const order = v.pipe(v.number(), v.safeInteger());
const shortText = v.pipe(v.string(), v.maxLength(200));
/** The number by which an agent tells its laptop from a copy of it. */
export const instanceSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

/** A point in a laptop's history of snapshots. */
const baseSchema = v.strictObject({ sequence: order, state: digest });

const completionObject = v.strictObject({
  format: v.literal('ds-backup-completion'),
  version: v.literal(1),
  serial,
  run,
  agent: shortText,
  /** Absent from older agents. */
  instance: v.optional(instanceSchema),
  base: v.nullable(baseSchema),
  changed: v.pipe(v.array(v.strictTuple([uid, digest])), v.maxLength(MAX_ENTRIES)),
  removed: v.pipe(v.array(uid), v.maxLength(MAX_ENTRIES)),
  state: digest,
  entries: v.pipe(count, v.maxValue(MAX_ENTRIES)),
});
export const NAMED_TWICE = 'changed and removed name an entry more than once';
/** Each entry once: the work that a completion asks for is bounded by what was sent for it. */
const completionSchema = v.pipe(
  completionObject,
  v.check(
    ({ changed, removed }) =>
      new Set([...changed.map(([one]) => one), ...removed]).size ===
      changed.length + removed.length,
    NAMED_TWICE,
  ),
);
export type Completion = v.InferOutput<typeof completionSchema>;

const tickSchema = v.strictObject({
  /** Milliseconds that had surely passed since the library began. */
  at: count,
  /** How many times the server had been started. */
  boot: count,
  /** Its clock could not be believed. */
  doubted: v.boolean(),
});
/** When something happened by the server's own count, which no clock can put back or forward. */
export type Tick = v.InferOutput<typeof tickSchema>;

const manifestSchema = v.strictObject({
  format: v.literal('ds-backup-manifest'),
  version: v.literal(1),
  serial,
  name: snapshotName,
  /** 1, 2, 3… per laptop: the order of its snapshots, independent of any clock. */
  sequence: order,
  run,
  created: v.pipe(v.string(), v.isoTimestamp()),
  /** Absent in those of older versions. */
  clock: v.optional(tickSchema),
  source: v.picklist(['agent', 'original', 'adopted']),
  agent: shortText,
  /** The agent that sent it; absent where none was told. */
  instance: v.optional(instanceSchema),
  entries: count,
  /** Content and metadata of all entries, in bytes, counting shared content each time. */
  bytes: count,
  changed: count,
  removed: count,
  state: digest,
});
export type Manifest = v.InferOutput<typeof manifestSchema>;

const outcomeSchema = v.variant('state', [
  v.strictObject({ state: v.literal('unknown') }),
  v.strictObject({ state: v.literal('ingesting') }),
  v.strictObject({ state: v.literal('done'), snapshot: snapshotName, sequence: count, digest }),
  v.strictObject({
    state: v.literal('held'),
    snapshot: snapshotName,
    sequence: count,
    digest,
    reason: v.string(),
  }),
  v.strictObject({ state: v.literal('missing'), missing: v.array(uid) }),
  v.strictObject({ state: v.literal('rebase') }),
  v.strictObject({ state: v.literal('refused'), code: shortText, message: v.string() }),
]);
/** What became of a run: the answer of `GET /v1/runs/<run>`. */
export type Outcome = v.InferOutput<typeof outcomeSchema>;

const snapshotSummarySchema = v.object({
  name: snapshotName,
  sequence: order,
  created: v.string(),
  entries: count,
  bytes: count,
  state: digest,
});
export type SnapshotSummary = v.InferOutput<typeof snapshotSummarySchema>;

const stateSchema = v.object({
  serial,
  serverTime: v.string(),
  newest: v.nullable(snapshotSummarySchema),
  /** What the next backup builds on: the newest complete one, held or not. */
  base: v.nullable(snapshotSummarySchema),
  /** Set while backups of this laptop are held: they lost most of the Journal (shrink guard). */
  held: v.nullable(v.object({ reason: v.string(), detail: v.string() })),
  /** Whether a teacher or admin has approved this laptop's key; older servers do not say. */
  confirmed: v.optional(v.boolean()),
  /** Whether this laptop may offer to the class; older servers do not say. */
  classPage: v.optional(v.boolean()),
  /** Another laptop has this one's identity: this is its own from now on. */
  moved: v.optional(v.object({ serial, uuid: v.string() })),
});
export type ServerState = v.InferOutput<typeof stateSchema>;

const snapshotsSchema = v.object({ snapshots: v.array(snapshotSummarySchema) });

const entrySummarySchema = v.object({
  uid,
  digest,
  title: v.nullable(v.string()),
  mimeType: v.nullable(v.string()),
  activity: v.nullable(v.string()),
  /** Seconds since 1970 by the clock of the laptop that made the entry; null if it has none. */
  timestamp: v.nullable(v.number()),
  /** Likewise, the time at which the entry was created. */
  created: v.optional(v.nullable(v.number()), null),
  /** `#rrggbb,#rrggbb`: stroke and fill of its icon. */
  color: v.optional(v.nullable(v.string()), null),
  bytes: count,
  /** Whether this version is pinned. */
  pinned: v.optional(v.boolean(), false),
});
export type EntrySummary = v.InferOutput<typeof entrySummarySchema>;
const entriesSchema = v.object({ entries: v.array(entrySummarySchema), next: v.nullable(uid) });
export type EntriesPage = v.InferOutput<typeof entriesSchema>;

/** What became of a version on the class page: not offered, waiting for a teacher, or what she said. */
export type ClassStanding = (typeof CLASS_STANDINGS)[number];

const entryDetailsSchema = v.object({
  ...entrySummarySchema.entries,
  description: v.string(),
  tags: v.string(),
  /** Absent where it cannot be offered: there is no class page, or it is another laptop's. */
  classPage: v.optional(v.picklist(CLASS_STANDINGS)),
  /** Each version once, with the newest snapshot that has it; newest first. */
  versions: v.array(v.object({ snapshot: snapshotName, created: v.string(), digest })),
});
export type EntryDetails = v.InferOutput<typeof entryDetailsSchema>;

const verifyRequestSchema = v.strictObject({ snapshot: snapshotName, uid });

const laptopsSchema = v.object({
  /** The laptop that asks, then those it replaced, the most recent first. */
  laptops: v.array(
    v.object({
      serial,
      nick: v.string(),
      /** The child's, `#rrggbb,#rrggbb`; empty while unknown. */
      color: v.optional(v.string(), ''),
      replaced: v.boolean(),
    }),
  ),
});
export type ReadableLaptops = v.InferOutput<typeof laptopsSchema>;

const quietClaimSchema = v.strictObject({ sequence: order, state: digest });
export type QuietClaim = v.InferOutput<typeof quietClaimSchema>;
const stillHeldSchema = v.object({ held: v.string() });

const pinSchema = v.object({
  ...{ uid, digest, bytes: count, snapshot: v.string(), pinned: v.string() },
  title: v.optional(v.string(), ''),
});
const pinsSchema = v.object({
  pins: v.array(pinSchema),
  /** How much all pins use and how much they may use, in bytes. */
  bytes: count,
  limit: count,
});
export type Pins = v.InferOutput<typeof pinsSchema>;
/** `kept`: the laptop is about to drop the content, and the pin will be the only copy. */
const pinRequestSchema = v.strictObject({
  snapshot: snapshotName,
  kept: v.optional(v.boolean()),
});

const classOffersSchema = v.object({
  offers: v.array(
    v.object({
      ...{ uid, digest, snapshot: v.string(), title: v.string() },
      state: v.picklist(OFFER_STATES),
    }),
  ),
});
export type ClassOffers = v.InferOutput<typeof classOffersSchema>;
/** After an offer: what became of it, and all of them. */
const offeredSchema = v.object({ state: v.picklist(OFFER_STATES) });
const classRequestSchema = v.strictObject({ snapshot: snapshotName });

/** The most rows of a report, and of their texts in UTF-16 units; together they stay below 64 KiB. */
export const NOT_SAFE_LIMITS = { entries: 50, title: 120, why: 240 } as const;
/** A laptop's text on one line, without characters that control a terminal or turn the line around. */
const line = (max: number) => v.pipe(v.string(), v.maxLength(max), v.transform(visible));
const notSafeObject = v.strictObject({
  /** How many there are; the list may be cut. */
  count: v.pipe(count, v.maxValue(MAX_ENTRIES)),
  entries: v.pipe(
    v.array(
      v.strictObject({
        /** The uid, or a two-letter folder and a slash where its entries cannot be listed. */
        uid: v.pipe(v.string(), v.regex(/^([0-9A-Za-z][0-9A-Za-z-]{35}|[^/\p{C}]{1,4}\/)$/u)),
        /** Empty where it cannot be read. */
        title: line(NOT_SAFE_LIMITS.title),
        /** A sentence in English. */
        why: line(NOT_SAFE_LIMITS.why),
        /** What the school has of it. */
        school: v.picklist(['rest', 'older', 'nothing']),
      }),
    ),
    v.maxLength(NOT_SAFE_LIMITS.entries),
  ),
});
const notSafeSchema = v.pipe(
  notSafeObject,
  v.check(({ count, entries }) => count >= entries.length, 'fewer than are listed'),
);
/** The entries of a laptop that have a problem: `PUT /v1/not-safe`. */
export type NotSafe = v.InferOutput<typeof notSafeSchema>;

const nonce = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'not 32 hexadecimal digits'));
const mac = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not 64 hexadecimal digits'));
const quietChallengeSchema = v.object({ nonce });
const quietAnswerSchema = v.strictObject({ nonce, sequence: order, state: digest, mac });
const quietConfirmationSchema = v.object({ mac });
const webLinkSchema = v.object({
  /** A path of the server's plain HTTP site. */
  path: v.pipe(v.string(), v.regex(/^\/ds-restore\/[\w/-]{20,200}$/)),
  seconds: v.number(),
});
export type WebLink = v.InferOutput<typeof webLinkSchema>;
const quietKeySchema = v.object({ key: v.pipe(v.string(), v.base64(), v.length(44)) });

const enrolRequestSchema = v.strictObject({
  serial,
  uuid: v.pipe(v.string(), v.maxLength(64)),
  key: v.pipe(v.string(), v.maxLength(4096)),
  /** The child's colours, for the icons on the teacher's pages. */
  color: v.optional(v.pipe(v.string(), v.regex(COLORS))),
});
export type EnrolRequest = v.InferOutput<typeof enrolRequestSchema>;

/** The server's address for SSH, and the key that it must have there. */
const serverSchema = {
  hostKey: v.string(),
  sshPort: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  login: v.pipe(v.string(), v.regex(/^[a-z_][a-z0-9_-]{0,31}$/)),
};
const enrolAnswerSchema = v.object({
  state: v.picklist(['accepted', 'pending']),
  ...serverSchema,
});
export type EnrolAnswer = v.InferOutput<typeof enrolAnswerSchema>;

const bytes32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not 64 hexadecimal digits'));
const commitRequestSchema = v.strictObject({
  serial,
  uuid: v.pipe(v.string(), v.maxLength(64)),
  commitment: bytes32,
});
export type CommitRequest = v.InferOutput<typeof commitRequestSchema>;
const offerSchema = v.object({ exchange: nonce, nonce: bytes32, ...serverSchema });

const revealRequestSchema = v.strictObject({
  exchange: nonce,
  nonce: bytes32,
  key: v.pipe(v.string(), v.maxLength(4096)),
  signature: v.pipe(v.string(), v.base64(), v.length(88)),
  color: enrolRequestSchema.entries.color,
});
export type RevealRequest = v.InferOutput<typeof revealRequestSchema>;
const revealAnswerSchema = v.object({ state: v.picklist(['accepted', 'pending']) });

const standingRequestSchema = v.strictObject({
  serial,
  key: v.pipe(v.string(), v.maxLength(4096)),
});
/** `unknown`: the key is neither accepted nor pending, and has to be introduced again. */
const standingSchema = v.object({
  state: v.picklist(['accepted', 'pending', 'unknown']),
  ...serverSchema,
});
export type Standing = v.InferOutput<typeof standingSchema>;

export const parseCompletion = reader('a completion file', completionSchema);
export const parseTick = reader('a stamp', tickSchema);
export const parseManifest = reader('a manifest', manifestSchema);
export const parseOutcome = reader('the outcome of a run', outcomeSchema);
export const parseServerState = reader('the state of the server', stateSchema);
export const parseSnapshots = reader('a list of snapshots', snapshotsSchema);
export const parseEntries = reader('a list of entries', entriesSchema);
export const parseEntryDetails = reader('the details of an entry', entryDetailsSchema);
export const parseVerifyRequest = reader('a request to verify', verifyRequestSchema);
export const parseReadableLaptops = reader('a list of laptops', laptopsSchema);
export const parseStillHeld = reader('an answer to a quiet-day claim', stillHeldSchema);
export const parseQuietClaim = reader('a quiet-day claim', quietClaimSchema);
export const parseNotSafe = reader('a report of what is not safe', notSafeSchema);
export const parsePins = reader('a list of pins', pinsSchema);
export const parsePinRequest = reader('a pin', pinRequestSchema);
export const parseClassOffers = reader('what is offered to the class', classOffersSchema);
export const parseOffered = reader('an answer to an offer', offeredSchema);
export const parseClassRequest = reader('an offer to the class', classRequestSchema);
export const parseQuietChallenge = reader('a quiet-day challenge', quietChallengeSchema);
export const parseQuietAnswer = reader('a quiet-day answer', quietAnswerSchema);
export const parseQuietConfirmation = reader('a quiet-day confirmation', quietConfirmationSchema);
export const parseWebLink = reader('a link to the pages', webLinkSchema);
export const parseQuietKey = reader('a quiet-day key', quietKeySchema);
export const parseEnrolRequest = reader('an enrolment', enrolRequestSchema);
export const parseEnrolAnswer = reader('an answer to an enrolment', enrolAnswerSchema);
export const parseCommitRequest = reader('a commitment', commitRequestSchema);
export const parseOffer = reader('an answer to a commitment', offerSchema);
export const parseRevealRequest = reader('an introduction', revealRequestSchema);
export const parseRevealAnswer = reader('an answer to an introduction', revealAnswerSchema);
export const parseStandingRequest = reader('a question about a key', standingRequestSchema);
export const parseStanding = reader('an answer about a key', standingSchema);

/** JSON text or an already parsed value → the checked message, or `bad-input` naming the field. */
function reader<Schema extends v.GenericSchema>(what: string, schema: Schema) {
  return (input: unknown): v.InferOutput<Schema> => {
    let value = input;
    if (typeof input === 'string' || Buffer.isBuffer(input)) {
      try {
        value = JSON.parse(input.toString('utf8'));
      } catch (cause) {
        throw new DsError('bad-input', `not ${what}: not JSON`, { cause });
      }
    }
    const result = v.safeParse(schema, value, { abortEarly: true });
    if (result.success) return result.output;
    const [issue] = result.issues;
    const where = v.getDotPath(issue) ?? '(top)';
    throw new DsError('bad-input', `not ${what}: ${where}: ${issue.message.slice(0, 200)}`);
  };
}
