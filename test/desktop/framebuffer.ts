/**
 * The pixels of a desktop's screen, read straight from the memory of its X server: cheap enough to
 * look a hundred times a second. The file is an XWD dump, header and all.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Desktop } from './desktop.ts';

/** Numbers at the beginning of an XWD file, four bytes each, big-endian. */
const HEADER_SIZE = 0;
const WIDTH = 4;
const HEIGHT = 5;
const BYTES_PER_LINE = 12;
const COLORS = 19;
const COLOR_BYTES = 12;
const PIXEL_BYTES = 4;

export class Framebuffer implements Disposable {
  readonly width: number;
  readonly height: number;
  readonly #file: number;
  readonly #start: number;
  readonly #line: number;

  constructor(desktop: Desktop) {
    this.#file = openSync(join(desktop.home, 'Xvfb_screen0'), 'r');
    const head = Buffer.alloc(100);
    readSync(this.#file, head, 0, head.length, 0);
    const number = (n: number) => head.readUInt32BE(n * 4);
    this.width = number(WIDTH);
    this.height = number(HEIGHT);
    this.#line = number(BYTES_PER_LINE);
    this.#start = number(HEADER_SIZE) + number(COLORS) * COLOR_BYTES;
  }

  /** The colours (0xRRGGBB) of one line of the screen, every `step`th of them. */
  line(y: number, step = 8): number[] {
    const pixels = Buffer.alloc(this.width * PIXEL_BYTES);
    readSync(this.#file, pixels, 0, pixels.length, this.#start + y * this.#line);
    const colors: number[] = [];
    for (let x = 0; x < this.width; x += step) {
      colors.push(pixels.readUInt32LE(x * PIXEL_BYTES) & 0xffffff);
    }
    return colors;
  }

  /** Every `step`th line of a part of the screen. */
  lines(from: number, to: number, step = 8): number[] {
    const all: number[] = [];
    for (let y = from; y < to; y += step) all.push(...this.line(y, step));
    return all;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
