/** A school with a laptop whose few things are in its newest snapshot: for days in the Journal. */
import * as assert from 'uvu/assert';
import { generateJournal } from '../../journal/generator.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';

const ENTRIES = 24;

export async function startWithDay(): Promise<{ school: School; laptop: Laptop }> {
  const school = await startSchool();
  try {
    const laptop = school.laptop(0);
    generateJournal(laptop.journal, { entries: ENTRIES, seed: 26 });
    await laptop.startBus();
    const done = await laptop.backup(['now']);
    assert.is(done.exitCode, 0, done.stderr);
    return { school, laptop };
  } catch (error) {
    await school[Symbol.asyncDispose]();
    throw error;
  }
}
