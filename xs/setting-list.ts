/** A schema of settings as a flat list, for the manual page. */
import * as v from 'valibot';

export interface Setting {
  /** `http.listen`. */
  key: string;
  meaning: string;
  /** Undefined where nothing is set. */
  fallback: unknown;
}

type Entries = Readonly<Record<string, v.GenericSchema>>;

/** The settings of a schema, each with its whole name. */
export function settingsIn(prefix: string, entries: Entries): Setting[] {
  return Object.entries(entries).flatMap(([name, found]) => {
    const { wrapped, default: fallback } = found as {
      wrapped?: v.GenericSchema;
      default?: unknown;
    };
    const inner = (wrapped as { entries?: Entries } | undefined)?.entries;
    const key = `${prefix}${name}`;
    if (inner) return settingsIn(`${key}.`, inner);
    return [{ key, fallback, meaning: (wrapped && v.getDescription(wrapped)) ?? '' }];
  });
}
