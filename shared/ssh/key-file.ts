/**
 * Private keys in OpenSSH's format: ed25519, and RSA for clients that know nothing else. A power cut leaves a
 * complete file or none.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isErrno } from '../errors.ts';
import { namesIn, writeFileDurably } from '../system/files.ts';
import { ExitError, type RunOptions, run } from '../system/run.ts';
import { parsePublicKey } from './ssh-key.ts';

const SSH_KEYGEN = 'ssh-keygen';
/** Exit code of ssh-keygen for a file without a valid key. */
const NO_KEY = 255;

/** What ssh-keygen is told to make a key of each type. */
const KINDS = { 'ssh-ed25519': ['-t', 'ed25519'], 'ssh-rsa': ['-t', 'rsa', '-b', '2048'] };
type KeyType = keyof typeof KINDS;

type Options = Pick<RunOptions, 'env' | 'signal'>;

/** Creates a key at `path`, replacing what is there. Returns its public half, `ssh-ed25519 …`. */
export async function makeKeyFile(
  path: string,
  comment: string,
  options: Options,
  type: KeyType = 'ssh-ed25519',
): Promise<string> {
  const start = `.${basename(path)}.new-`;
  for (const name of namesIn(dirname(path))) {
    if (name.startsWith(start)) rmSync(join(dirname(path), name), { recursive: true, force: true });
  }
  // A new folder each time: the ssh-keygen of a run that was killed may still write to the old one.
  const folder = mkdtempSync(join(dirname(path), start));
  try {
    const draft = join(folder, 'key');
    await run(SSH_KEYGEN, ['-q', ...KINDS[type], '-N', '', '-C', comment, '-f', draft], options);
    const { line } = parsePublicKey(readFileSync(`${draft}.pub`, 'utf8'));
    writeFileDurably(path, readFileSync(draft), 0o600);
    return line;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The public half of the key at `path`, `ssh-ed25519 …`; 'absent' if there is no file, 'damaged' if
 * it is not a valid private key of this type (truncated, empty, of another type).
 */
export async function readKeyFile(
  path: string,
  options: Options,
  wanted: KeyType = 'ssh-ed25519',
): Promise<{ line: string } | 'absent' | 'damaged'> {
  try {
    readFileSync(path); // a file that cannot be read is an error, not a damaged key
    // OpenSSH refuses a key that others may read. The disk may be read-only.
    if ((statSync(path).mode & 0o777) !== 0o600) chmodSync(path, 0o600);
    const { stdout } = await run(SSH_KEYGEN, ['-y', '-P', '', '-f', path], options);
    const { type, line } = parsePublicKey(stdout);
    return type === wanted ? { line } : 'damaged';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'absent';
    if (error instanceof ExitError && error.exitCode === NO_KEY) return 'damaged';
    throw error;
  }
}
