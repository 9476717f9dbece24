/**
 * The end of Sugar's session: the shell asks every activity before it logs out or switches off, and
 * waits for the answer.
 */
import { sessionClient } from '../gtk.ts';

export interface SessionEnd {
  /** Does what must not be lost; the shell waits for it. Others may still keep the session from ending. */
  prepare(): Promise<void>;
  quit(): void;
}

/** Takes part in the session, if there is one. */
export function joinSession({ prepare, quit }: SessionEnd): void {
  const client = sessionClient();
  client.on('quit-requested', () => {
    void prepare().finally(() => client.willQuit(true));
  });
  client.on('quit', quit);
  client.startup();
}
