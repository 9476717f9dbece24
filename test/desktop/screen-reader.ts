/**
 * The Backup activity as somebody hears it who cannot see: through AT-SPI, in the child's session.
 * What is to be pressed is found by its name and pressed with the pointer, where it stands.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Desktop } from './desktop.ts';

export interface Heard {
  name: string;
  role: string;
  showing: boolean;
  focused: boolean;
  sensitive: boolean;
  /** The middle of it on the screen. */
  x: number;
  y: number;
  width: number;
  height: number;
}

const PROGRAM = 'org.sugarlabs.Backup';
const BETWEEN_MS = 300;

export class ScreenReader {
  readonly #desktop: Desktop;
  readonly #script: string;

  constructor(desktop: Desktop) {
    this.#desktop = desktop;
    const script = fileURLToPath(new URL('./read-screen.py', import.meta.url));
    this.#script = desktop.copyIn(script, 'read-screen.py');
  }

  /** All that has a name and is on the screen. */
  async all(): Promise<Heard[]> {
    const { stdout } = await this.#desktop.run('/usr/bin/python3', [this.#script, PROGRAM]);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Heard)
      .filter(({ showing }) => showing);
  }

  /** Waits until something with such a name is there (and can be pressed, for a role given). */
  async find(name: string | RegExp, options: { role?: string; ms?: number } = {}): Promise<Heard> {
    const { role, ms = 15_000 } = options;
    const end = Date.now() + ms;
    let heard: Heard[] = [];
    while (Date.now() < end) {
      heard = await this.all();
      const found = heard.find((one) => {
        const fits = typeof name === 'string' ? one.name === name : name.test(one.name);
        return fits && (role === undefined || (one.role === role && one.sensitive));
      });
      if (found) return found;
      await sleep(BETWEEN_MS);
    }
    const said = heard.map((one) => `${one.role} "${one.name}"`).join('\n  ');
    throw new Error(`${ms} ms in vain for ${name}; on the screen:\n  ${said}`);
  }

  /** Presses a button with the pointer, once it stands still: an alert that opens moves it. */
  async press(name: string | RegExp, ms?: number): Promise<void> {
    const options = { role: 'push button', ...(ms && { ms }) };
    let before = await this.find(name, options);
    for (let looks = 0; looks < 20; looks += 1) {
      const now = await this.find(name, options);
      if (now.x === before.x && now.y === before.y) break;
      before = now;
    }
    await this.#desktop.click(before.x, before.y);
  }

  /** Clicks on whatever is called so. */
  async click(name: string | RegExp): Promise<void> {
    const { x, y } = await this.find(name);
    await this.#desktop.click(x, y);
  }

  /** Waits until nothing is called so any more. */
  async gone(name: string | RegExp, ms = 15_000): Promise<void> {
    const end = Date.now() + ms;
    while (Date.now() < end) {
      const heard = await this.all();
      const fits = (one: Heard) =>
        typeof name === 'string' ? one.name === name : name.test(one.name);
      if (!heard.some(fits)) return;
      await sleep(BETWEEN_MS);
    }
    throw new Error(`${name} is still on the screen after ${ms} ms`);
  }
}
