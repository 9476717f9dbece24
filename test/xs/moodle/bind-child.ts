/** To be killed: `bind-child.ts FOLDER` binds account after account, and says each once it is done. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '../../../shared/clock.ts';
import { MoodleRecords } from '../../../xs/moodle/records.ts';
import { serialOf } from '../whole.ts';

const [folder = ''] = process.argv.slice(2);
const places = ['library', 'state', 'completion'].map((name) => [name, join(folder, name)]);
const records = new MoodleRecords(Object.fromEntries(places), realClock);
const [platform] = records.platforms();
for (let n = records.bindings().length; platform; n += 1) {
  const { id } = records.bind({
    ...{ platform: platform.id, sub: `${n}`, name: 'somebody', serial: serialOf(n) },
  });
  writeSync(1, `${id}\n`);
}
