import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inEntry, inJournal } from '../../../agent/paths.ts';
import { CopyFinisher } from '../../../agent/service/copy-finisher.ts';
import { silentLog } from '../../../shared/log.ts';
import { waitFor } from '../../runner/patience.ts';
import { makeProfile, uidOf } from '../journal/journal.ts';

const test = suite('who looks after copies from a day in the Journal');

/** Finishes nothing, and counts how often it is asked to. */
function makeFinisher({ paths }: ReturnType<typeof makeProfile>) {
  const asked = { count: 0 };
  const finisher = new CopyFinisher({
    ...{ paths, log: silentLog, volume: { isReading: false, isOpen: false } },
    finish: async () => {
      asked.count += 1;
      return [];
    },
    ...{ fetch: () => {}, onRest: () => {} },
  });
  const put = (n: number, ...names: string[]) => {
    const { metadata } = inEntry(inJournal(paths, uidOf(n)));
    mkdirSync(metadata, { recursive: true });
    for (const name of names) writeFileSync(join(metadata, name), '{}');
  };
  return { finisher, asked, put };
}

test('a new entry with a mark is looked at, though no day was open', async () => {
  using profile = makeProfile();
  const { finisher, asked, put } = makeFinisher(profile);
  using _finisher = finisher;
  put(1, 'title', 'ds-backup-kept');
  finisher.look(['../../../etc', uidOf(2), uidOf(1)]);
  assert.ok(existsSync(profile.paths.copies), 'also after a power cut');
  await waitFor('a look', () => asked.count > 0);
  await waitFor('its end', () => !finisher.isBusy);
  assert.not.ok(existsSync(profile.paths.copies));
});

test('what else happens in the Journal costs nothing', () => {
  using profile = makeProfile();
  const { finisher, put } = makeFinisher(profile);
  using _finisher = finisher;
  put(1, 'title');
  for (const created of [[], [uidOf(1)], [uidOf(2)], ['../../../etc', '']]) finisher.look(created);
  assert.not.ok(finisher.isBusy);
  assert.not.ok(existsSync(profile.paths.copies));
});

test.run();
