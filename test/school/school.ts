/**
 * A whole school in a temporary folder: one server, some laptops. Starts in about a second and
 * leaves nothing behind, also when a test fails.
 *
 *     await using school = await startSchool({ laptops: 1 });
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Laptop } from './laptop.ts';
import { type ServerOptions, startServer, type TestServer } from './server.ts';

export interface SchoolOptions {
  laptops?: number;
  server?: ServerOptions;
  /** Leaves folder and processes as they are at the end. */
  keep?: boolean;
}

export interface School extends AsyncDisposable {
  folder: string;
  server: TestServer;
  laptops: Laptop[];
  /** The n-th laptop; throws where there is none. */
  laptop(n: number): Laptop;
  /** One more laptop: for scenes that share a school. */
  newLaptop(): Laptop;
}

export async function startSchool(options: SchoolOptions = {}): Promise<School> {
  const folder = mkdtempSync(join(tmpdir(), 'ds-school-'));
  chmodSync(folder, 0o711); // the server may be another user's
  let server: TestServer | undefined;
  const laptops: Laptop[] = [];
  const dispose = async () => {
    if (options.keep) return;
    for (const laptop of laptops) await laptop[Symbol.asyncDispose]();
    await server?.daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    server = await startServer(folder, options.server ?? {});
  } catch (error) {
    await dispose();
    throw error;
  }
  const laptop = (n: number): Laptop => {
    const found = laptops[n];
    if (!found) throw new Error(`there is no laptop ${n}`);
    return found;
  };
  const { url } = server;
  const newLaptop = () => {
    const made = new Laptop(folder, `laptop-${laptops.length}`, () => url);
    laptops.push(made);
    return made;
  };
  for (let n = 0; n < (options.laptops ?? 1); n += 1) newLaptop();
  return { folder, server, laptops, laptop, newLaptop, [Symbol.asyncDispose]: dispose };
}
