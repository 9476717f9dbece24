/**
 * Why the server does not let a laptop transfer now: the words of `X-Backup-Reason` in PROTOCOL.md. A new
 * word needs a row here, one in `agent/rules/retry.ts`, and its line in PROTOCOL.md; the compiler asks for
 * the first two.
 */

/** Word → whether the laptop gets a place in the queue. */
const HAS_QUEUE = {
  'all-slots-taken': true,
  'others-first': true,
  'server-loaded': true,
  'access-point-busy': true,
  'address-busy': false,
  'disk-full': false,
} as const satisfies Record<string, boolean>;

export type Refusal = keyof typeof HAS_QUEUE;
/** Those with a place in the queue. */
export type QueueRefusal = {
  [Word in Refusal]: (typeof HAS_QUEUE)[Word] extends true ? Word : never;
}[Refusal];

/** Whether it is one of the words; a newer server may have others. */
export function isRefusal(word: string | undefined): word is Refusal {
  return word !== undefined && Object.hasOwn(HAS_QUEUE, word);
}
