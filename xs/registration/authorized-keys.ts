/**
 * The accepted keys of laptops in use, as sshd reads them: each may run the session script for its own
 * laptop and nothing else (X3). One file a login name, so that nobody's key can stand before another's:
 * our agents' keys share the agents' login, and Sugar's key opens the login of its own serial only.
 */
import { readFileSync, rmSync } from 'node:fs';
import type { Serial } from '../../shared/ids.ts';
import { fsyncFolder, namesIn, writeFileDurably } from '../../shared/system/files.ts';
import { makeReadableFolder, type Ownership } from '../storage/ownership.ts';
import { inState, type Paths } from '../storage/paths.ts';
import type { Laptop } from './laptop-record.ts';

type Laptops = readonly (readonly [Serial, Laptop])[];

/** The files of keys, and what is in them. Only what changes is written. */
export class AuthorizedKeys {
  readonly #paths: Paths;
  readonly #agents: string;
  readonly #written = new Map<string, string>();

  /** `agents` is the login name of our agents. Reads what an earlier service left. */
  constructor(paths: Paths, ownership: Ownership, agents: string) {
    this.#paths = paths;
    this.#agents = agents;
    const { keysFolder, keys } = inState(paths);
    makeReadableFolder(ownership, keysFolder);
    for (const login of namesIn(keysFolder)) {
      this.#written.set(login, readFileSync(keys(login), 'utf8'));
    }
  }

  update(laptops: Laptops): void {
    const { keysFolder, keys } = inState(this.#paths);
    const wanted = formatAuthorizedKeys(this.#paths, this.#agents, laptops);
    // What is no longer allowed goes first, whatever happens to the rest on a full disk.
    const gone = [...this.#written.keys()].filter((login) => !wanted.has(login));
    for (const login of gone) {
      rmSync(keys(login), { force: true });
      this.#written.delete(login);
    }
    if (gone.length > 0) fsyncFolder(keysFolder);
    for (const [login, text] of wanted) {
      if (this.#written.get(login) === text) continue;
      writeFileDurably(keys(login), text, 0o644);
      this.#written.set(login, text);
    }
  }
}

/**
 * The files' texts by login name. Paths hold plain characters only (config.ts) and serials are parsed:
 * nothing needs quoting. `exec` makes the script the leader of its process group, which it ends as a
 * whole. An agent's key that two laptops have would open the first one for both: it opens none.
 */
export function formatAuthorizedKeys(
  paths: Paths,
  agents: string,
  laptops: Laptops,
): Map<string, string> {
  const { session, sessionConfig } = inState(paths);
  const line = (serial: Serial, key: string) =>
    `restrict,command="exec ${session} ${sessionConfig} ${serial}" ${key}\n`;
  const inUse = laptops.filter(([, { retired }]) => retired === null);
  const owners = new Map<string, number>();
  for (const [, { keys }] of inUse) {
    if (keys.own) owners.set(keys.own, (owners.get(keys.own) ?? 0) + 1);
  }
  const files = new Map<string, string>();
  let own = '';
  for (const [serial, { keys }] of inUse) {
    if (keys.own && owners.get(keys.own) === 1) own += line(serial, keys.own);
    if (keys.sugar) files.set(serial, line(serial, keys.sugar));
  }
  if (own) files.set(agents, own);
  return files;
}
