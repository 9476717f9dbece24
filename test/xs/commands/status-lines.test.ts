/** The lines of `status` and `doctor`: whom they name, how wide they are, and which way out they show. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LaptopStanding, Status } from '../../../xs/admin/status.ts';
import { checksOf, formatChecks } from '../../../xs/commands/status.ts';
import { formatStatus } from '../../../xs/commands/status-lines.ts';
import { ALONE, jim, old, WELL } from '../admin/concern-table.ts';
import { SERIAL } from '../library.ts';
import { serialOf } from '../whole.ts';

const test = suite('the lines of status and doctor');

test('two children with one name are told apart, also where one of them is not in the line', () => {
  const facts: Partial<Status>[] = [
    { overQuota: [jim] },
    { laptops: [{ ...jim, days: 40, standing: 'late', states: ['late'], registered: old }] },
    { laptops: [{ ...jim, days: 0, standing: 'damaged', states: ['damaged'], registered: old }] },
    { notSafe: [{ ...jim, count: 1, entries: [] }] },
    { leftovers: [{ ...jim, bytes: 5 }] },
  ];
  for (const some of facts) {
    const told = (namesakes: string[]) => formatStatus({ ...WELL, ...some, namesakes }).join('\n');
    assert.match(told(['Jim']), `Jim (${SERIAL})`);
    assert.not.match(told(['Ana']), SERIAL);
  }
});

/** A hundred letters, as a record may have. */
const LONG = 'María de los Ángeles Quispe Mamani '.repeat(3).slice(0, 100);
const crowd = Array.from({ length: 1000 }, (_, n) => ({
  ...{ serial: serialOf(n), nick: LONG, keys: 1, snapshots: 1, files: 1, count: 12, entries: [] },
  ...{ days: 40, registered: old, holdsData: true, bytes: 5e9 },
}));
const widened = (facts: Partial<Status>): Partial<Status> =>
  Object.fromEntries(
    Object.entries(facts).map(([key, value]) => {
      if (key === 'laptops') {
        const { standing: each } = (value as LaptopStanding[])[0] ?? { standing: 'late' };
        return [key, crowd.map((one) => ({ ...one, standing: each, states: [each] }))];
      }
      return [key, Array.isArray(value) && Object(value[0]).serial ? crowd : value];
    }),
  );
const WIDE: Partial<Status> = {
  ...{ leftovers: crowd, unregistered: crowd.map(({ serial }) => serial), strangers: crowd },
  reliefs: (['others', 'pins', 'held'] as const).map((type) => ({
    type,
    bytes: 123_456_789_000,
    laptops: [],
  })),
};

test('no line of status or doctor is wider than 120 letters, by long names and many laptops', () => {
  for (const namesakes of [[], [LONG]]) {
    for (const [type, facts] of ALONE) {
      const status = { ...WELL, ...WIDE, ...widened(facts), namesakes };
      const lines = formatStatus(status);
      for (const one of [...lines, ...formatChecks(checksOf(status))]) {
        assert.ok(one.length <= 120, `${type}: ${one.length}: ${one}`);
      }
      assert.ok(lines.length <= 25, `${type}: ${lines.length} lines`);
    }
  }
});

const REASONS: [facts: Partial<Status>, way: RegExp][] = [
  [
    { probes: { ...WELL.probes, sandbox: 'sh: 1: bwrap: not found' } },
    /apt-get install bubblewrap/,
  ],
  [
    { probes: { ...WELL.probes, sandbox: 'bwrap: setting up uid map: Permission denied' } },
    /allow user namespaces: sysctl/,
  ],
  ...(
    [
      [{ part: 'library', reason: 'EROFS: read-only file system' }, /"dmesg" says why/],
      [{ part: 'state', reason: "EACCES: permission denied, open '/x'" }, /chown/],
      [{ part: 'index', reason: 'SQLITE_FULL: database or disk is full' }, /"df -h"/],
      [{ part: 'index', reason: 'SQLITE_CORRUPT: malformed' }, /"xs-backup rebuild"/],
      [
        { part: 'sessions', reason: 'sshd ended', hint: 'chgrp -R -h 64999 /x' },
        /chgrp -R -h 64999/,
      ],
      [{ part: 'sessions', reason: 'sshd ended; it is started again' }, /journalctl -u xs-backup/],
      [{ part: 'watching', reason: 'ENOSPC: System limit for watchers' }, /max_user_watches/],
      [{ part: 'http', reason: 'listen EADDRINUSE: 0.0.0.0:8080' }, /"ss -ltnp"/],
      [{ part: 'library', reason: 'EIO: i/o error, read' }, /cable/],
      [{ part: 'certificate', reason: 'it ends on 2026-06-20' }, /https\.certificate/],
      [{ part: 'moodle', reason: 'a key that nobody knows' }, /xs-backup moodle list/],
    ] as const
  ).map(([fault, way]): (typeof REASONS)[number] => [{ faults: [fault] }, way]),
];

test('the doctor says the way out of what is broken, by its reason', () => {
  for (const [facts, way] of REASONS) {
    const problems = checksOf({ ...WELL, ...facts }).flatMap((one) => one.problems);
    assert.is(problems.length, 1);
    assert.match(problems[0]?.advice ?? '', way);
  }
});

test('no way out of the doctor leads back to the doctor, or to the status', () => {
  for (const [type, facts] of [...ALONE, ...REASONS.map(([one]) => ['', one] as const)]) {
    const lines = formatChecks(checksOf({ ...WELL, ...facts }));
    assert.not.match(lines.join('\n'), /xs-backup (doctor|status)/, type);
  }
});

test.run();
