/**
 * An entry's icon as in the Journal: of its activity, else of its MIME type, in the entry's
 * colors. Installed activities are looked up once.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseColors } from '../../shared/journal/colors.ts';
import type { Pixbuf } from '../gtk.ts';
import type { EntryIcon } from '../model/screens/body.ts';
import type { Icons } from '../sugar/icon.ts';
import { GREY } from '../sugar/xocolor.ts';

export class EntryIcons {
  readonly #icons: Icons;
  readonly #folders: readonly string[];
  #installed: Map<string, string> | undefined;

  /** `folders` have the installed activities. */
  constructor(icons: Icons, folders: readonly string[]) {
    this.#icons = icons;
    this.#folders = folders;
  }

  get(entry: EntryIcon, size: number): Pixbuf | null {
    const color = parseColors(entry.color) ?? GREY;
    this.#installed ??= this.#look();
    const file = this.#installed.get(entry.activity);
    const own = file ? this.#icons.file(file, size, color) : null;
    return own ?? this.#ofKind(entry.mimeType, size, color);
  }

  #ofKind(mimeType: string, size: number, color: { stroke: string; fill: string }): Pixbuf | null {
    const [kind = ''] = mimeType.split('/');
    const names = [mimeType.replace('/', '-'), `${kind}-x-generic`, 'application-octet-stream'];
    for (const name of names) {
      if (!/^[a-z0-9.+-]+$/i.test(name)) continue;
      const found = this.#icons.named(name, size, color);
      if (found) return found;
    }
    return null;
  }

  #look(): Map<string, string> {
    const found = new Map<string, string>();
    for (const folder of this.#folders) {
      for (const name of listFolder(folder)) {
        if (!name.endsWith('.activity')) continue;
        const [id, icon] = readInfo(join(folder, name, 'activity'));
        if (id && icon && !found.has(id)) found.set(id, icon);
      }
    }
    return found;
  }
}

function readInfo(folder: string): [id?: string, icon?: string] {
  try {
    const info = readFileSync(join(folder, 'activity.info'), 'utf8');
    const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(info)?.[1];
    const [id, icon] = [value('bundle_id'), value('icon')];
    return id && icon ? [id, join(folder, `${icon}.svg`)] : [];
  } catch {
    return []; // not an activity
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the folder may be missing
  }
}
