/**
 * Where to go after signing in: always a page of this server, against open redirects.
 */

/** `fallback` for everything but a plain path below `/ds-restore` or `/xs-backup`. */
export function safeReturn(wanted: unknown, fallback: string): string {
  if (typeof wanted !== 'string' || wanted.length > 500) return fallback;
  // Only the characters of paths and queries: no `//host`, no `\`, no line feed.
  const plain = /^\/(ds-restore|xs-backup)(\/[\w:.~%-]+)*\/?(\?[\w=&%.~:+-]*)?$/.test(wanted);
  return plain ? wanted : fallback;
}
