/**
 * Counts the agent's clients: connections that have called it and are still on the bus. While there is
 * one, the agent stays and keeps its properties up to date.
 */
import type { Message } from 'dbus-next';
import { BACKUP_PATH } from '../../shared/backup-bus.ts';
import { type Bus, DAEMON } from '../../shared/system/bus.ts';

/** Calls `onChange` with the number of clients whenever it changes. */
export async function watchClients(bus: Bus, onChange: (count: number) => void): Promise<void> {
  const clients = new Set<string>();
  const rule = (name: string) =>
    `type='signal',interface='${DAEMON.iface}',member='NameOwnerChanged',arg0='${name}'`;
  bus.raw.on('message', (message: Message) => {
    const { sender, path, member, interface: iface, body } = message;
    if (iface === DAEMON.iface && member === 'NameOwnerChanged') {
      const [name, , owner] = body as string[];
      if (name === undefined || owner !== '' || !clients.delete(name)) return;
      void bus.unmatch(rule(name)).catch(() => {});
      onChange(clients.size);
    } else if (path?.startsWith(BACKUP_PATH) && sender && isCall(message) && !clients.has(sender)) {
      clients.add(sender);
      void bus.match(rule(sender)).catch(() => {});
      onChange(clients.size);
    }
  });
}

const METHOD_CALL = 1;
const isCall = ({ type }: Message): boolean => type === METHOD_CALL;
