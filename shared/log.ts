/**
 * Structured log lines, one per event: `lease-granted serial=CSN74803BB1`.
 *
 * They go to stderr, where journald or Sugar's log folder picks them up; we write no log file.
 * Values with anything but plain characters are quoted as JSON, so that a nick name cannot forge a
 * line (CWE-117). No logging library: JSON lines and log levels are no help to a teacher who reads
 * `journalctl`.
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
  // JSON does not escape C1 controls, bidirectional marks and line separators, but terminals obey them.
  const hidden = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
  const toEscape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(hidden, toEscape);
}
