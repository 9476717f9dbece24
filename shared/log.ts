/**
 * One line an event, in plain words with the facts behind them: `lease-granted serial=CSN74803BB1`.
 *
 * Goes to stderr, where journald or Sugar's log folder picks it up; there is no log file of ours
 * that grows. Values are quoted as JSON as soon as they hold anything but plain characters, so that
 * a nick name cannot forge a line (CWE-117). A logging library would bring JSON lines and levels of
 * configuration that a teacher reading `journalctl` has no use for.
 */

export type LogFields = Record<string, string | number | boolean | null | undefined>;

export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
}

export function createLog(write: (line: string) => void): Log {
  return {
    info: (event, fields) => write(`${formatEvent(event, fields)}\n`),
    warn: (event, fields) => write(`warning: ${formatEvent(event, fields)}\n`),
  };
}

export const silentLog: Log = { info: () => {}, warn: () => {} };

export function formatEvent(event: string, fields: LogFields = {}): string {
  const parts = [event];
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) parts.push(`${key}=${quote(value)}`);
  }
  return parts.join(' ');
}

function quote(value: string | number | boolean | null): string {
  const text = String(value);
  if (/^[\w.:/@+-]+$/.test(text)) return text;
  // JSON leaves C1 controls, bidirectional marks and line separators as they are; a terminal obeys them.
  const hidden = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
  const toEscape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(hidden, toEscape);
}
