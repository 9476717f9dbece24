/**
 * What our objects on the bus have in common: properties that are read from one plain record, and told
 * when that record changes.
 */
import dbus from 'dbus-next';

const { Interface } = dbus.interface;

/** An interface whose properties stand in `shown`. */
export abstract class BusObject<Shown extends object> extends Interface {
  shown: Shown;

  constructor(face: string, shown: Shown) {
    super(face);
    this.shown = shown;
  }

  /** Tells the bus what is not as it was; the names of it. */
  show(shown: Shown): (keyof Shown)[] {
    const before = this.shown;
    this.shown = shown;
    const changed = differences(before, shown);
    if (changed.length > 0) {
      const values = this as unknown as Record<keyof Shown, unknown>;
      const told = Object.fromEntries(changed.map((name) => [name, values[name]]));
      Interface.emitPropertiesChanged(this, told, []);
    }
    return changed;
  }
}

/** Getters for all properties of `types`, and what dbus-next wants to know about them. */
export function readOnlyProperties(
  prototype: object,
  types: Readonly<Record<string, string>>,
): Record<string, { signature: string; access: 'read' }> {
  for (const name of Object.keys(types)) {
    Object.defineProperty(prototype, name, {
      get(this: BusObject<Record<string, unknown>>) {
        return this.shown[name];
      },
    });
  }
  const entries = Object.entries(types).map(([name, signature]) => {
    return [name, { signature, access: 'read' as const }];
  });
  return Object.fromEntries(entries);
}

/** The names under which two records of plain values differ. */
export function differences<T extends object>(before: T, now: T): (keyof T)[] {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}n` : one));
  const names = Object.keys(now) as (keyof T)[];
  return names.filter((name) => text(before[name]) !== text(now[name]));
}
