/**
 * The accepted keys of active laptops in sshd's format: each key may only run the session script for its
 * own laptop. There is one file per login name, so that no key can shadow another: our agents' keys share
 * the agents' login, and Sugar's key is valid only for the login named after its own serial.
 */
import { readFileSync, rmSync } from 'node:fs';
import type { Serial } from '../../shared/ids.ts';
import { namesIn, replaceFileIfChanged } from '../../shared/system/files.ts';
import { makeReadableFolder, type Ownership } from '../storage/ownership.ts';
import { inState, type Paths } from '../storage/paths.ts';
import type { Laptop } from './laptop-record.ts';

type Laptops = readonly (readonly [Serial, Laptop])[];

/** The key files and their present content. Only changed files are written. */
export class AuthorizedKeys {
  readonly #paths: Paths;
  readonly #agents: string;
  readonly #written = new Map<string, string>();

  /** `agents` is the login name of our agents. Reads the files of the previous service. */
  constructor(paths: Paths, ownership: Ownership, agents: string) {
    this.#paths = paths;
    this.#agents = agents;
    const { keysFolder, keys } = inState(paths);
    makeReadableFolder(ownership, keysFolder);
    for (const login of namesIn(keysFolder)) {
      this.#written.set(login, readFileSync(keys(login), 'utf8'));
    }
  }

  /** Each start does it again, before sshd: nobody waits until it is durable. */
  update(laptops: Laptops): void {
    const { keys } = inState(this.#paths);
    const wanted = formatAuthorizedKeys(this.#paths, this.#agents, laptops);
    // Revoked keys are removed first: that must succeed even if writing fails on a full disk.
    const gone = [...this.#written.keys()].filter((login) => !wanted.has(login));
    for (const login of gone) {
      rmSync(keys(login), { force: true });
      this.#written.delete(login);
    }
    for (const [login, text] of wanted) {
      if (this.#written.get(login) === text) continue;
      replaceFileIfChanged(keys(login), text);
      this.#written.set(login, text);
    }
  }
}

/**
 * File contents by login name. config.ts allows only plain characters in paths and serials are parsed, so
 * nothing needs quoting. `exec` makes the script the leader of its process group, which it ends as a
 * whole. A key of the old server's database may back up and
 * not read, nor may Sugar's key of a laptop that has a key of its own. An agent's key registered by two laptops
 * would identify both as the first: it is left out.
 */
export function formatAuthorizedKeys(
  paths: Paths,
  agents: string,
  laptops: Laptops,
): Map<string, string> {
  const { session, sessionConfig } = inState(paths);
  const line = (serial: Serial, key: string, only = '') =>
    `restrict,command="exec ${session} ${sessionConfig} ${serial}${only}" ${key}\n`;
  const inUse = laptops.filter(([, { retired }]) => retired === null);
  const owners = new Map<string, number>();
  for (const [, { keys }] of inUse) {
    if (keys.own) owners.set(keys.own, (owners.get(keys.own) ?? 0) + 1);
  }
  const files = new Map<string, string>();
  let own = '';
  for (const [serial, { keys, imported }] of inUse) {
    if (keys.own && owners.get(keys.own) === 1) own += line(serial, keys.own);
    // Whose it is was never proved: it opens no Journal of a laptop that has proved another key.
    const only = imported === undefined && !keys.own ? '' : ' original';
    if (keys.sugar) files.set(serial, line(serial, keys.sugar, only));
  }
  if (own) files.set(agents, own);
  return files;
}
