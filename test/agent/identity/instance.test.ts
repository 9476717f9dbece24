import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nextInstance } from '../../../agent/identity/instance.ts';
import { machineFacts } from '../../../agent/identity/machine-facts.ts';
import { temporaryFolder } from '../../shared/folder.ts';

const test = suite('which of several laptops with one profile this is');
const folder = temporaryFolder(test);

interface Parts {
  card?: string;
  /** 0: from the factory; 1 or 3: made up. */
  assigned?: string;
  disk?: string;
  removable?: string;
}

let machines = 0;

/** The parts as Linux shows them, and the number of the installation, which every copy has. */
function machine({ card, assigned = '0', disk, removable = '0' }: Parts): string[] {
  machines += 1;
  const root = join(folder, `machine-${machines}`);
  const put = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  put('etc/machine-id', 'abcdef');
  put('sys/class/net/lo/address', '00:00:00:00:00:00');
  put('sys/class/net/lo/addr_assign_type', '0');
  if (card) {
    put('sys/class/net/wlan0/address', card);
    put('sys/class/net/wlan0/addr_assign_type', assigned);
    symlinkSync(root, join(root, 'sys/class/net/wlan0/device'));
  }
  if (disk) {
    put('sys/block/mmcblk0/removable', removable);
    put('sys/block/mmcblk0/device/cid', disk);
  }
  return machineFacts(root);
}

const of = (facts: readonly string[]) => nextInstance(undefined, facts, () => 'first');
const id = (known: Parts, now: Parts) =>
  nextInstance(of(machine(known)), machine(now), () => 'second').id;

const CASES: [what: string, known: Parts, now: Parts, id: string][] = [
  ['the same machine', { card: 'a', disk: 'd' }, { card: 'a', disk: 'd' }, 'first'],
  [
    'a copied disk in another machine',
    { card: 'a', disk: 'd' },
    { card: 'b', disk: 'e' },
    'second',
  ],
  ['a disk that moved', { card: 'a', disk: 'd' }, { card: 'b', disk: 'd' }, 'first'],
  ['another network card', { card: 'a', disk: 'd' }, { card: 'b', disk: 'd' }, 'first'],
  [
    'a made-up address today',
    { card: 'a', disk: 'd' },
    { card: 'x', assigned: '3', disk: 'd' },
    'first',
  ],
  [
    'a stick that is plugged in says nothing',
    { card: 'a', disk: 's', removable: '1' },
    { card: 'b', disk: 's', removable: '1' },
    'second',
  ],
  ['machines that tell nothing', {}, {}, 'first'],
];
for (const [what, known, now, expected] of CASES) {
  test(what, () => assert.is(id(known, now), expected));
}

test('parts that are exchanged one after the other stay the same machine', () => {
  let known = of(machine({ card: 'a', disk: 'd' }));
  for (const parts of [
    { card: 'b', disk: 'd' },
    { card: 'b', disk: 'e' },
  ]) {
    known = nextInstance(known, machine(parts), () => 'second');
  }
  assert.is(known.id, 'first');
});

test('no parts can be read for once: the number stays, and so does what was noted', () => {
  const known = of(machine({ card: 'a' }));
  assert.equal(
    nextInstance(known, [], () => 'second'),
    known,
  );
});

test.run();
