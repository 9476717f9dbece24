/**
 * Configuration: built-in defaults < file (TOML) < command-line flags. An unknown or unusable key
 * is an error that names the key and the source it comes from; nothing is guessed.
 */
import { readFileSync } from 'node:fs';
import { parse as parseToml, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { DsError, isErrno } from './errors.ts';

/** Nested tables; a flag `--http-listen=x` reaches a schema as `{ http: { listen: x } }`. */
export type ConfigTree = { [key: string]: unknown };

export interface ConfigSource {
  /** What to name in an error: a path, or `command line`. */
  name: string;
  tree: ConfigTree;
}

/** The file as a source. A missing file is empty, unless `required`: the user named it. */
export function readConfigFile(path: string, required: boolean): ConfigSource {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (isErrno(cause, 'ENOENT') && !required) return { name: path, tree: {} };
    throw new DsError('config', `cannot read the configuration file ${path}`, { cause });
  }
  try {
    return { name: path, tree: parseToml(text) };
  } catch (cause) {
    const where = cause instanceof TomlError ? `${path}:${cause.line}:${cause.column}` : path;
    throw new DsError('config', `${where} is not TOML`, { cause });
  }
}

/**
 * Merges the sources on top of the schema's defaults; later sources win. Each source is first
 * validated on its own, so that the error names the right one.
 */
export function loadConfig<Schema extends v.GenericSchema>(
  schema: Schema,
  sources: readonly ConfigSource[],
): v.InferOutput<Schema> {
  for (const source of sources) check(schema, source.tree, source.name);
  const merged = sources.reduce<ConfigTree>((sum, source) => merge(sum, source.tree), {});
  return check(schema, merged, 'the configuration');
}

function check<Schema extends v.GenericSchema>(schema: Schema, tree: unknown, name: string) {
  const result = v.safeParse(schema, tree, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = v.getDotPath(issue) ?? '(top)';
  const unknown = issue.type === 'strict_object' && issue.expected === 'never';
  throw new DsError(
    'config',
    unknown ? `${name}: unknown key "${key}"` : `${name}: "${key}": ${issue.message}`,
    { hint: 'the keys and their meaning are listed in the README' },
  );
}

function merge(below: ConfigTree, above: ConfigTree): ConfigTree {
  const result: ConfigTree = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = result[key];
    result[key] = isTree(old) && isTree(value) ? merge(old, value) : value;
  }
  return result;
}

function isTree(value: unknown): value is ConfigTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
