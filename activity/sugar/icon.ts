/**
 * Sugar's icons: SVGs from the icon theme, an activity or our bundle, whose entities
 * `stroke_color` and `fill_color` are set to a person's colors. Decoded pictures are cached.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Gtk, type Image, type Pixbuf, pixbufFrom } from '../gtk.ts';
import { keptPictures } from './picture-cache.ts';
import { colorSvg, type XoColor } from './xocolor.ts';

/** Cache size in bytes of pixels: several screens of icons; large progress pictures are evicted. */
const KEPT_BYTES = 5e6;

export class Icons {
  readonly #bundle: string;
  readonly #paths = new Map<string, string | null>();
  readonly #pictures = keptPictures<Pixbuf>(KEPT_BYTES);

  constructor(bundlePath: string) {
    this.#bundle = bundlePath;
  }

  /** A theme icon by name, in its own colors or a person's; null if there is none. */
  named(name: string, size: number, color?: XoColor): Pixbuf | null {
    const path = this.#find(name, size);
    return path === null ? null : this.file(path, size, color);
  }

  /** An icon from a file; null if it cannot be read. */
  file(path: string, size: number, color?: XoColor): Pixbuf | null {
    const key = `${path} ${size} ${color?.stroke} ${color?.fill}`;
    return this.#keep(key, () => {
      if (!path.endsWith('.svg')) return pixbufFrom(readFileSync(path), size, size);
      const svg = readFileSync(path, 'utf8');
      return this.svg(color ? colorSvg(svg, color) : svg, size, size);
    });
  }

  /** A picture from SVG text. */
  svg(svg: string, width: number, height: number): Pixbuf | null {
    return this.#keep(`${width} ${height} ${svg}`, () =>
      pixbufFrom(Buffer.from(svg), width, height),
    );
  }

  /** This activity's icon. */
  own(size: number, color: XoColor): Pixbuf | null {
    return this.file(join(this.#bundle, 'activity/activity-backup.svg'), size, color);
  }

  #keep(key: string, make: () => Pixbuf | null): Pixbuf | null {
    const kept = this.#pictures.get(key);
    if (kept) return kept.picture;
    let made: Pixbuf | null = null;
    try {
      made = make();
    } catch {
      return null; // the file is missing or unreadable: the space stays empty
    }
    if (made) this.#pictures.set(key, { picture: made });
    return made;
  }

  #find(name: string, size: number): string | null {
    let path = this.#paths.get(name);
    if (path === undefined) {
      const found = Gtk.IconTheme.getDefault().lookupIcon(
        name,
        size,
        Gtk.IconLookupFlags.FORCE_SIZE,
      );
      path = found?.getFilename() ?? null;
      this.#paths.set(name, path);
    }
    return path;
  }
}

/** An image widget with this picture, or an empty one. */
export function imageOf(picture: Pixbuf | null): Image {
  return picture ? Gtk.Image.newFromPixbuf(picture) : new Gtk.Image();
}
