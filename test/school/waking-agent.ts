/**
 * A laptop whose bus starts the agent when somebody asks for it, and `ds-backup` as a person types it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { distFolder } from '../../bundle/build.ts';
import type { CommandOptions, Finished, Laptop } from './laptop.ts';

const program = join(distFolder, 'ds-backup.mjs');

/** Lets the laptop's bus start the agent, with this school as its server. */
export async function letAgentWake(laptop: Laptop, url: string): Promise<void> {
  const services = servicesOf(laptop);
  mkdirSync(services, { recursive: true });
  laptop.configure(`server = "${url}"\nspreadSeconds = 0\n`);
  const command = `${process.execPath} ${program} agent`;
  writeFileSync(
    join(services, 'org.sugarlabs.Backup1.service'),
    `[D-BUS Service]\nName=org.sugarlabs.Backup1\nExec=${command}\n`,
  );
  await laptop.startBus();
}

/** Where the bus looks for what it can start. */
export function servicesOf(laptop: Laptop): string {
  return join(laptop.home, '.local', 'dbus-1', 'services');
}

/** Runs a command by the agent. */
export function ask(
  laptop: Laptop,
  args: string[],
  options: CommandOptions = {},
): Promise<Finished> {
  return laptop.run(process.execPath, [program, ...args], options);
}
