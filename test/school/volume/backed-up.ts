/** A school, and a laptop whose small Journal is safe there: what each scene of a volume begins with. */
import * as assert from 'uvu/assert';
import { generateJournal } from '../../journal/generator.ts';
import type { Laptop } from '../laptop.ts';
import { type School, startSchool } from '../school.ts';

export async function schoolWithOneDay(): Promise<{ school: School; laptop: Laptop }> {
  const school = await startSchool();
  const laptop = school.laptop(0);
  generateJournal(laptop.journal, { entries: 12, seed: 26 });
  await laptop.startBus();
  const done = await laptop.backup(['now']);
  assert.is(done.exitCode, 0, done.stderr);
  return { school, laptop };
}
