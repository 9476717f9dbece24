/**
 * Who looks at the agent: while somebody does, it stays, and keeps what it shows up to date.
 */
import type { Message } from 'dbus-next';
import { BACKUP_PATH } from '../../shared/backup-bus.ts';
import type { Bus } from '../../shared/system/bus.ts';

const DAEMON = { path: '/org/freedesktop/DBus', face: 'org.freedesktop.DBus' };

/** Calls `onChange` with how many clients have asked something and are still on the bus. */
export async function watchClients(bus: Bus, onChange: (count: number) => void): Promise<void> {
  const clients = new Set<string>();
  const rule = (name: string) =>
    `type='signal',interface='${DAEMON.face}',member='NameOwnerChanged',arg0='${name}'`;
  bus.raw.on('message', (message: Message) => {
    const { sender, path, member, interface: face, body } = message;
    if (face === DAEMON.face && member === 'NameOwnerChanged') {
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
