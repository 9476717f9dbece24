/**
 * Where to go after signing in: a page of ours, whatever a link said.
 */

/** `fallback` for what is no plain path below one of our two places. */
export function safeReturn(wanted: unknown, fallback: string): string {
  if (typeof wanted !== 'string' || wanted.length > 500) return fallback;
  // Only what a path and its question consist of: no `//host`, no `\`, no line feed.
  const plain = /^\/(ds-restore|xs-backup)(\/[\w:.~%-]+)*\/?(\?[\w=&%.~:+-]*)?$/.test(wanted);
  return plain ? wanted : fallback;
}
