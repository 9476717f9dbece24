// weight: 60
/**
 * The bench as a person runs it: its JSON, its refusals, and that it leaves nothing behind when it
 * is interrupted.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testEnvironment } from '../school/server.ts';
import { PHASES } from './phases.ts';

const test = suite('the bench');
const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const installed = ['restic', 'borg'].filter((name) => existsSync(`/usr/bin/${name}`));
if (installed.length < 2) console.log('skip: restic or borg is not installed (setup.sh --bench)');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Files in its folder, and command lines that name it, after its end. */
  left: string[];
}

/** Runs the bench in a temporary folder; sends `signal` once stderr has `at` in it. */
async function bench(
  args: readonly string[],
  interrupt?: { at: RegExp; signal: NodeJS.Signals },
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'dsb-test-'));
  chmodSync(folder, 0o711); // the server of a test school is another user's
  try {
    const env = { ...testEnvironment(), TMPDIR: folder };
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { env });
    const texts = { stdout: '', stderr: '' };
    let sent = false;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
        if (sent || !interrupt?.at.test(texts.stderr)) return;
        sent = true;
        setTimeout(() => child.kill(interrupt.signal), 400); // in the middle of what comes next
      });
    }
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, ...texts, left: [...strangers(folder), ...commandsNaming(folder)] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** tsx keeps a cache of its own there. */
function strangers(folder: string): string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('tsx-'));
}

function commandsNaming(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
      } catch {
        return ''; // it has ended meanwhile
      }
    })
    .filter((command) => command.includes(text));
}

test('prints one JSON object with every figure of every contender', async () => {
  const contenders = ['ours', 'original', ...installed];
  const chosen = ['--journals', 'J20', '--rounds', '1', '--contenders', contenders.join(',')];
  const { code, stdout, stderr, left } = await bench(['--json', ...chosen]);
  assert.is(code, 0, stderr);
  const { J20, ...others } = JSON.parse(stdout);
  assert.equal(others, {});
  assert.equal(Object.keys(J20), [...PHASES]);
  for (const phase of PHASES) {
    assert.equal(Object.keys(J20[phase]), contenders);
    for (const figures of Object.values<Record<string, number>>(J20[phase])) {
      const names = ['wallS', 'clientCpuS', 'sentBytes', 'serverKiB', 'serverInodes'];
      assert.equal(Object.keys(figures), names);
      assert.ok(Object.values(figures).every(Number.isFinite), JSON.stringify(figures));
      assert.ok((figures.wallS ?? 0) > 0 && (figures.sentBytes ?? 0) > 0);
    }
  }
  assert.equal(left, []);
});

for (const [contender, signal] of [
  ['ours', 'SIGINT'],
  ['original', 'SIGTERM'],
] as const) {
  test(`leaves nothing behind when ${signal} comes while it measures ${contender}`, async () => {
    const chosen = ['--journals', 'J20', '--rounds', '1', '--contenders', contender];
    const at = new RegExp(`${contender} first:`);
    const { code, stdout, stderr, left } = await bench(chosen, { at, signal });
    assert.is(code, 130, stderr);
    assert.match(stderr, new RegExp(`stopped by ${signal}`));
    assert.is(stdout, '');
    assert.equal(left, []);
  });
}

test('a wrong argument is named, before anything is started', async () => {
  for (const args of [
    ['--journals', 'J0'],
    ['--contenders', 'ours,duplicity'],
    ['--rounds', '0'],
    ['--fast'],
  ]) {
    const { code, stdout, stderr, left } = await bench(args);
    assert.is(code, 2, stderr);
    assert.match(stderr, /^error: .*\[usage\]\nhint: /);
    assert.equal([stdout, left], ['', []]);
  }
});

test.run();
