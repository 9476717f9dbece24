/**
 * A Journal as Sugar 0.82 kept it: no `version`, and everything in `store/`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Sugar 0.82 wrote of a drawing, without its title and uid. */
const ORDINARY = {
  activity: 'org.laptop.Oficina',
  activity_id: '0f3b2c1d4e5f60718293a4b5c6d7e8f901234567',
  title_set_by_user: '1',
  keep: 0,
  mime_type: 'image/png',
  mtime: '2008-07-25T15:33:20.123456',
  ctime: '2008-07-24T10:00:00.000001',
  'icon-color': '#FF2B34,#005FE4',
  buddies: '{}',
};

export interface FirstEntry {
  properties?: Record<string, unknown>;
  content?: string | Buffer;
  picture?: Buffer;
}

/** Puts an entry into the store of this Journal. */
export function putFirst(journal: string, uid: string, entry: FirstEntry = {}): void {
  const { properties = {}, content, picture } = entry;
  const store = join(journal, 'store');
  mkdirSync(join(store, 'preview'), { recursive: true });
  const metadata = JSON.stringify({ ...ORDINARY, title: 'A drawing', ...properties });
  writeFileSync(join(store, `${uid}.metadata`), metadata);
  if (content !== undefined) writeFileSync(join(store, uid), content);
  if (picture) writeFileSync(join(store, 'preview', uid), picture);
}
