/**
 * Base of our objects on the bus: properties are fields of one plain record, and replacing the record
 * emits `PropertiesChanged` with those that differ.
 */
import dbus from 'dbus-next';

const { Interface } = dbus.interface;

/** An interface whose properties are the fields of `properties`. */
export abstract class BusObject<Properties extends object> extends Interface {
  properties: Properties;

  constructor(iface: string, properties: Properties) {
    super(iface);
    this.properties = properties;
  }

  /** Replaces the record and emits what changed; returns the names of those properties. */
  show(properties: Properties): (keyof Properties)[] {
    const changed = differences(this.properties, properties);
    this.properties = properties;
    if (changed.length > 0) {
      const values = Object.fromEntries(changed.map((name) => [name, properties[name]]));
      Interface.emitPropertiesChanged(this, values, []);
    }
    return changed;
  }
}

/** Defines a getter for each property of `types`; returns what dbus-next's configuration needs. */
export function readOnlyProperties(
  prototype: object,
  types: Readonly<Record<string, string>>,
): Record<string, { signature: string; access: 'read' }> {
  for (const name of Object.keys(types)) {
    Object.defineProperty(prototype, name, {
      get(this: BusObject<Record<string, unknown>>) {
        return this.properties[name];
      },
    });
  }
  const entries = Object.entries(types).map(([name, signature]) => {
    return [name, { signature, access: 'read' as const }];
  });
  return Object.fromEntries(entries);
}

/** The names under which two records of plain values differ. */
function differences<T extends object>(before: T, now: T): (keyof T)[] {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}n` : one));
  const names = Object.keys(now) as (keyof T)[];
  return names.filter((name) => text(before[name]) !== text(now[name]));
}
