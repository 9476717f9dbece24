/**
 * The Backup activity as somebody hears it who cannot see: through AT-SPI, in the child's session.
 * What is to be pressed is found by its name and pressed with the pointer, where it stands.
 */
import { fileURLToPath } from 'node:url';
import { waitFor } from '../runner/patience.ts';
import type { Desktop } from './desktop.ts';

export interface Heard {
  name: string;
  role: string;
  /** What is written in a text field. */
  text: string;
  /** The middle of a label's first letter, from the left. */
  begin: number | null;
  showing: boolean;
  focused: boolean;
  sensitive: boolean;
  /** The middle of it on the screen. */
  x: number;
  y: number;
  width: number;
  height: number;
}

const ACTIVITY = 'org.sugarlabs.Backup';
const BETWEEN_MS = 300;
/** The screen may show the end of a whole backup. */
const JOB_MS = 300_000;

export class ScreenReader {
  readonly #desktop: Desktop;
  readonly #script: string;
  readonly #program: string;

  /** Listens to our activity, or to another program by the name that AT-SPI has of it. */
  constructor(desktop: Desktop, program = ACTIVITY) {
    this.#desktop = desktop;
    this.#program = program;
    const script = fileURLToPath(new URL('./read-screen.py', import.meta.url));
    this.#script = desktop.copyIn(script, 'read-screen.py');
  }

  /** All that has a name and is on the screen. */
  async all(): Promise<Heard[]> {
    const { stdout } = await this.#desktop.run('/usr/bin/python3', [this.#script, this.#program]);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Heard)
      .filter(({ showing }) => showing);
  }

  /** Waits until something with such a name is there (and can be pressed, for a role given). */
  async find(name: string | RegExp, { role }: { role?: string } = {}): Promise<Heard> {
    let heard: Heard[] = [];
    const why = () => {
      return `on the screen:\n  ${heard.map((one) => `${one.role} "${one.name}"`).join('\n  ')}`;
    };
    const look = async () => {
      heard = await this.all();
      return heard.find(
        (one) => isCalled(one, name) && (!role || (one.role === role && one.sensitive)),
      );
    };
    return await waitFor(`${name} on the screen`, look, {
      everyMs: BETWEEN_MS,
      patienceMs: JOB_MS,
      why,
    });
  }

  /** Presses a button with the pointer, once it stands still: an alert that opens moves it. */
  async press(name: string | RegExp): Promise<void> {
    const options = { role: 'push button' };
    let before = await this.find(name, options);
    await waitFor(`${name} to stand still`, async () => {
      const now = await this.find(name, options);
      const still = now.x === before.x && now.y === before.y;
      before = now;
      return still;
    });
    await this.#desktop.click(before.x, before.y);
  }

  /** Clicks on whatever is called so. */
  async click(name: string | RegExp): Promise<void> {
    const { x, y } = await this.find(name);
    await this.#desktop.click(x, y);
  }

  /** Waits until nothing is called so any more. */
  async gone(name: string | RegExp): Promise<void> {
    const look = async () => !(await this.all()).some((one) => isCalled(one, name));
    await waitFor(`${name} to leave the screen`, look, { everyMs: BETWEEN_MS });
  }
}

function isCalled(one: Heard, name: string | RegExp): boolean {
  return typeof name === 'string' ? one.name === name : name.test(one.name);
}
