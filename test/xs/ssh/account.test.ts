import { chownSync, lchownSync, mkdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Faults } from '../../../xs/ground/faults.ts';
import { checkGroup, sessionAccount, watchGroup } from '../../../xs/ssh/account.ts';
import { inLibrary } from '../../../xs/storage/paths.ts';
import { newestSnapshot } from '../../../xs/storage/snapshots.ts';
import { waitFor } from '../../runner/patience.ts';
import { testIf } from '../../runner/skip.ts';
import { refused } from '../../shared/refused.ts';
import { backUp, makeLibrary, SERIAL, uidOf } from '../library.ts';

const test = suite('the user and group of sessions');

const SYSTEM: Record<string, string> = {
  'passwd ds-receive': 'ds-receive:x:104:110::/nonexistent:/usr/sbin/nologin',
  'passwd 104': 'ds-receive:x:104:110::/nonexistent:/usr/sbin/nologin',
  'passwd lonely': 'lonely:x:105:65534::/:/bin/sh',
  'passwd toor': 'toor:x:0:0::/root:/bin/sh',
  'group 104': 'input:x:104:pupil',
  'group 106': 'kvm:x:106:',
  'group 110': 'ds-receive:x:110:',
  'group 65534': 'nogroup:x:65534:',
};
const lookup = (database: string, key: string) => SYSTEM[`${database} ${key}`];

test('they are those of the account, not its number', () => {
  assert.equal(sessionAccount('ds-receive', undefined, lookup), { uid: 104, gid: 110 });
  assert.equal(sessionAccount('ds-receive', 104, lookup), { uid: 104, gid: 110 });
  assert.equal(sessionAccount('other', 104, lookup), { uid: 104, gid: 110 });
  assert.equal(sessionAccount('other', 64_999, lookup), { uid: 64_999, gid: 64_999 });
});

test("others' groups, root and nobody's names are refused, with the command that helps", () => {
  const cases: [user: string, uid: number | undefined, why: RegExp][] = [
    ['other', 106, /the group "kvm" with others/],
    ['lonely', undefined, /the group "nogroup" with others/],
    ['nobody-here', undefined, /needs the user "nobody-here"/],
    ['toor', undefined, /must not run as root/],
  ];
  for (const [user, uid, why] of cases) {
    refused(() => sessionAccount(user, uid, lookup), 'config', why);
  }
});

testIf(
  process.getuid?.() === 0,
  test,
  'changing the group of files needs root',
)(
  'snapshots that sessions cannot read are told with the way out, and looked at until they can',
  async () => {
    using library = makeLibrary();
    await backUp(library, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
    const ownership = { ownUid: 0, sessionUid: 64_999, sessionGid: 64_999 };
    const folder = newestSnapshot(library.paths, SERIAL)?.folder ?? '';
    lchownSync(folder, 0, 1234);
    refused(() => checkGroup(library.paths, ownership, [SERIAL]), 'config', /its group is 1234/);
    chownSync(folder, 0, 64_999);
    checkGroup(library.paths, ownership, [SERIAL]);
    await backUp(library, new Map([[uidOf(1), { title: 'a', content: 'c' }]]));
    lchownSync(newestSnapshot(library.paths, SERIAL)?.folder ?? '', 0, 64_999);
    lchownSync(folder, 0, 1234);
    mkdirSync(inLibrary(library.paths).trash);
    const half = () => checkGroup(library.paths, ownership, [SERIAL]);
    const { hint } = refused(half, 'config', /its group is 1234/);
    const faults = new Faults({ info: () => {}, warn: () => {} });
    {
      using _watched = watchGroup({ ...library, faults, serials: () => [SERIAL] }, ownership, 5);
      const [fault] = faults.list();
      assert.is(fault?.part, 'rights');
      assert.match(fault?.reason ?? '', /its group is 1234$/);
      assert.match(fault?.hint ?? '', /^chgrp -R/);
      lchownSync(folder, 0, 64_999);
      await waitFor('it to be put right', () => faults.list().length === 0);
      lchownSync(folder, 0, 1234);
    }
    assert.match(hint ?? '', /^chgrp -R -h 64999 \S+\.pool \S+\[A-Z\]\* \S+\.trash$/);
  },
);

test.run();
