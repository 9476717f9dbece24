/**
 * Chance that comes out the same for the same seed: numbers and bytes for generated Journals.
 */
import { createCipheriv, createHash } from 'node:crypto';

export interface Random {
  /** 0 ≤ x < 1 */
  unit(): number;
  /** A whole number from 0 to `below` - 1. */
  whole(below: number): number;
  pick<T>(items: readonly T[]): T;
  bytes(length: number): Buffer;
  /** Log-normal: half of the values are below `median`, one in twenty above `p95`. */
  logNormal(median: number, p95: number): number;
  /** A version-4 UUID. */
  uuid(): string;
}

/** The 95th percentile of the standard normal distribution. */
const Z95 = 1.6449;

export function seededRandom(seed: string | number): Random {
  const key = createHash('sha256').update(`ds-backup journal ${seed}`).digest();
  // A stream cipher over zeros: fast, and the same on every machine.
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const bytes = (length: number): Buffer => stream.update(Buffer.alloc(length));
  const unit = (): number => bytes(6).readUIntBE(0, 6) / 2 ** 48;
  const whole = (below: number): number => Math.floor(unit() * below);
  return {
    bytes,
    unit,
    whole,
    pick: (items) => {
      const item = items[whole(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    logNormal: (median, p95) => {
      const normal = Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
      return median * Math.exp((normal * Math.log(p95 / median)) / Z95);
    },
    uuid: () => {
      const raw = bytes(16);
      raw.writeUInt8((raw.readUInt8(6) & 0x0f) | 0x40, 6);
      raw.writeUInt8((raw.readUInt8(8) & 0x3f) | 0x80, 8);
      const hex = raw.toString('hex');
      return [8, 12, 16, 20, 32].map((end, n) => hex.slice([0, 8, 12, 16, 20][n], end)).join('-');
    },
  };
}
