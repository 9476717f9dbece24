/**
 * The end of the session, as Sugar's shell tells it by XSMP: at logout it asks every activity first, and waits
 * until each has agreed.
 */
import { newSessionClient } from '../gtk.ts';

interface SessionCalls {
  /** The session is going to end: resolves when nothing is left to do. */
  onEnding(): Promise<void>;
  /** It ends now. */
  onEnd(): void;
}

/** Takes part in the session; nothing else asks an activity to end before its display is gone. */
export function joinSession({ onEnding, onEnd }: SessionCalls): void {
  const client = newSessionClient();
  client.on('quit-requested', () => {
    void onEnding().finally(() => client.willQuit(true));
  });
  client.on('quit', onEnd);
  client.startup();
  joined.add(client);
}

/** GTK keeps no reference to it. */
const joined = new Set<unknown>();
