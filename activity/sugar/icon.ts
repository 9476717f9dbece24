/**
 * Icons as Sugar has them: SVGs of Sugar's icon theme, of an activity or of our own bundle, whose
 * entities `stroke_color` and `fill_color` take a person's colors. Ready pictures are kept, up to a
 * bound.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Gtk, type Image, type Pixbuf, pixbufFrom } from '../gtk.ts';
import { keptPictures } from './picture-cache.ts';
import { colorSvg, type XoColor } from './xocolor.ts';

/** Bytes of pixels that are kept: some screens full; the large ones of a progress come and go. */
const KEPT_BYTES = 5e6;

export class Icons {
  readonly #bundle: string;
  readonly #paths = new Map<string, string | null>();
  readonly #pictures = keptPictures<Pixbuf>(KEPT_BYTES);

  constructor(bundlePath: string) {
    this.#bundle = bundlePath;
  }

  /** An icon of the theme by its name, in its own colors or a person's. */
  named(name: string, size: number, color?: XoColor): Pixbuf | null {
    const path = this.#find(name, size);
    return path === null ? null : this.file(path, size, color);
  }

  /** An icon by its file. */
  file(path: string, size: number, color?: XoColor): Pixbuf | null {
    const key = `${path} ${size} ${color?.stroke} ${color?.fill}`;
    return this.#keep(key, () => {
      if (!path.endsWith('.svg')) return pixbufFrom(readFileSync(path), size, size);
      const svg = readFileSync(path, 'utf8');
      return this.svg(color ? colorSvg(svg, color) : svg, size, size);
    });
  }

  /** A picture drawn by ourselves. */
  svg(svg: string, width: number, height: number): Pixbuf | null {
    return this.#keep(`${width} ${height} ${svg}`, () =>
      pixbufFrom(Buffer.from(svg), width, height),
    );
  }

  /** The activity's own icon. */
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
      return null; // an icon file that is gone or cannot be read; its place stays empty
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

/** An image widget that shows this, or nothing. */
export function imageOf(picture: Pixbuf | null): Image {
  return picture ? Gtk.Image.newFromPixbuf(picture) : new Gtk.Image();
}
