/** What an agent can say, as the scripted one is told: every state that the first screen has. */

/** All is safe; the others are told as what differs from it, in GVariant's text form. */
export const CALM = {
  ...{
    State: "<'safe'>",
    Reasons: "<['done']>",
    Registration: "<'accepted'>",
    Held: "<''>",
    PairingCode: "<''>",
  },
  ...{ SafeEntries: '<uint32 300>', TotalEntries: '<uint32 300>' },
};
const waiting = (reason: string) => ({ State: "<'waiting'>", Reasons: `<['${reason}']>` });

/** What the agent says, by a name for the picture of it. */
export const STATES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  safe: {},
  'almost-safe': { SafeEntries: '<uint32 297>' },
  due: { State: "<'due'>", SafeEntries: '<uint32 210>' },
  asking: { State: "<'asking'>", SafeEntries: '<uint32 100>' },
  queue: { State: "<'queued'>", QueuePlace: '<uint32 3>', SafeEntries: '<uint32 100>' },
  'queue-long': { State: "<'queued'>", QueuePlace: '<uint32 127>', SafeEntries: '<uint32 100>' },
  'server-busy': { State: "<'queued'>", Reasons: "<['server-busy']>", SafeEntries: '<uint32 100>' },
  paused: { State: "<'paused'>", Reasons: "<['paused']>" },
  teacher: {
    ...{ ...waiting('teacher'), Registration: "<'pending'>", PairingCode: "<'047111'>" },
    SafeEntries: '<uint32 0>',
  },
  held: { Held: "<'shrunk'>" },
  ...Object.fromEntries(
    [
      ...['battery', 'no-network', 'no-server', 'not-registered', 'server-full'],
      ...['over-quota', 'laptop-full', 'untrusted-server', 'other-run', 'suspend', 'spread'],
      ...['damaged', 'something-new'],
    ].map((reason) => [reason, waiting(reason)]),
  ),
};
