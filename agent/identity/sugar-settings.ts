/**
 * Sugar's own settings, read by `gsettings`. On a machine without Sugar's schemas they are empty. A store
 * of settings that cannot be read is something else: an unknown server is not the usual one.
 */
import { userInfo } from 'node:os';
import { DsError } from '../../shared/errors.ts';
import { COLORS } from '../../shared/journal/colors.ts';
import { ExitError, run } from '../../shared/system/run.ts';
import type { Context } from '../context.ts';

/** `SN@host:backup`, or empty. Throws `config` when the settings cannot be read. */
export function readBackupUrl(context: Context): Promise<string> {
  return readSetting(context, 'org.sugarlabs', 'backup-url');
}

/** The child's name, or the login name. */
export async function readNick(context: Context): Promise<string> {
  return (await readOrEmpty(context, 'org.sugarlabs.user', 'nick')) || userInfo().username;
}

/** The child's two colors, `#rrggbb,#rrggbb`; empty if unknown. */
export async function readColor(context: Context): Promise<string> {
  const color = await readOrEmpty(context, 'org.sugarlabs.user', 'color');
  return COLORS.test(color) ? color : '';
}

/** For what is only shown to people: no backup should wait for it. */
async function readOrEmpty(context: Context, schema: string, key: string): Promise<string> {
  try {
    return await readSetting(context, schema, key);
  } catch (error) {
    if (error instanceof DsError && error.code === 'config') return '';
    throw error;
  }
}

async function readSetting(context: Context, schema: string, key: string): Promise<string> {
  const { signal } = context;
  const env = { ...context.env, LC_ALL: 'C.UTF-8' }; // its messages are translated
  try {
    const { stdout, stderr } = await run('gsettings', ['get', schema, key], { env, signal });
    const value = parseVariantText(stdout);
    // Where the store cannot be opened it warns, and prints the default.
    if (value === '' && /WARNING|CRITICAL/.test(stderr)) throw unreadable(key, stderr);
    return value;
  } catch (error) {
    if (error instanceof ExitError) {
      if (/No such (schema|key)|No schemas installed/.test(error.stderr)) return '';
      throw unreadable(key, error.stderr || error.message);
    }
    if (error instanceof DsError && error.code === 'missing-tool') return '';
    throw error;
  }
}

function unreadable(key: string, stderr: string): DsError {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return new DsError('config', `Sugar's setting ${key} cannot be read: ${last.slice(0, 200)}`, {
    hint: 'log in again, or write the address of the school server into ds-backup/config.toml',
    retry: true,
  });
}

/** The text in `'…'` or `"…"` as GVariant prints it; empty for anything else. */
export function parseVariantText(printed: string): string {
  const inner = /^(['"])([\s\S]*)\1$/.exec(printed.trim())?.[2];
  return inner?.replace(/\\(['"\\])/g, '$1') ?? '';
}
