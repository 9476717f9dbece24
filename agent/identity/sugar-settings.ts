/**
 * Sugar's own settings, read by `gsettings`. On a machine without Sugar's schemas they are empty.
 */
import { userInfo } from 'node:os';
import { DsError } from '../../shared/errors.ts';
import { ExitError, run } from '../../shared/system/run.ts';
import type { Context } from '../context.ts';

/** `SN@host:backup`, or empty. */
export function readBackupUrl(context: Context): Promise<string> {
  return readSetting(context, 'org.sugarlabs', 'backup-url');
}

/** The child's name, or the login name. */
export async function readNick(context: Context): Promise<string> {
  return (await readSetting(context, 'org.sugarlabs.user', 'nick')) || userInfo().username;
}

/** The child's two colors, `#rrggbb,#rrggbb`; empty if unknown. */
export async function readColor(context: Context): Promise<string> {
  const color = await readSetting(context, 'org.sugarlabs.user', 'color');
  return /^#[0-9a-f]{6},#[0-9a-f]{6}$/i.test(color) ? color : '';
}

async function readSetting(context: Context, schema: string, key: string): Promise<string> {
  const { env, signal } = context;
  try {
    const { stdout } = await run('gsettings', ['get', schema, key], { env, signal });
    return parseVariantText(stdout);
  } catch (error) {
    if (error instanceof ExitError) return '';
    if (error instanceof DsError && error.code === 'missing-tool') return '';
    throw error;
  }
}

/** The text in `'…'` or `"…"` as GVariant prints it; empty for anything else. */
export function parseVariantText(printed: string): string {
  const inner = /^(['"])([\s\S]*)\1$/.exec(printed.trim())?.[2];
  return inner?.replace(/\\(['"\\])/g, '$1') ?? '';
}
