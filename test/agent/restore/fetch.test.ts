import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inBatch } from '../../../agent/paths.ts';
import { readVerified } from '../../../agent/restore/fetch.ts';
import { asDsError } from '../../../shared/errors.ts';
import { digestOf, type Entry, encodeEntry } from '../../../shared/journal/entry.ts';
import { makeProfile, uidOf } from '../journal/journal.ts';

const test = suite('an entry that was fetched');
const { signal } = new AbortController();

test('has content that activities can write to, and counts only with the right digest', async () => {
  using profile = makeProfile();
  const folder = profile.paths.restore;
  mkdirSync(folder);
  const text = 'work';
  const entry: Entry = {
    content: { digest: digestOf(text), size: text.length },
    properties: new Map([['title', Buffer.from('A thing')]]),
  };
  const metadata = encodeEntry(entry);
  const uid = uidOf(1);
  const step = { uid, digest: digestOf(metadata), bytes: 4, action: 'bring' as const };
  const files = inBatch(folder, uid);
  const arrive = (content: string) => {
    writeFileSync(files.metadata, metadata);
    writeFileSync(files.content, content);
    chmodSync(files.content, 0o440); // as the school keeps it
  };
  arrive(text);
  const { file } = await readVerified(step, folder, signal);
  assert.is(statSync(file).mode & 0o777, 0o644);
  arrive('wörk'.slice(0, 4));
  const code = await readVerified(step, folder, signal).catch((error) => asDsError(error).code);
  assert.is(code, 'damaged');
});

test.run();
