/**
 * What a night costs whose copy elsewhere has nothing to send, and one on which a single laptop changed, for a large
 * school: CPU and memory of ours and of restic together.
 *
 *     node --import tsx test/bench/night.ts [LAPTOPS [SNAPSHOTS [CONTENTS]]]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serialOf } from '../xs/whole.ts';

const [laptops = 1000, snapshots = 60, contents = 100_000] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'ds-night-'));
const program = fileURLToPath(new URL('./night-run.ts', import.meta.url));

try {
  const library = join(folder, 'library');
  const config = join(folder, 'config.toml');
  const lines = ['library', 'state', 'completion'].map((name) => `${name} = "${folder}/${name}"`);
  lines.push('[quota]', 'reserveMiB = 1', '[offsite]', `repository = "${folder}/away"`);
  writeFileSync(config, `${lines.join('\n')}\n`);
  mkdirSync(join(folder, 'state'));
  fill(library);
  const run = (...words: string[]) => {
    const { status, stderr } = spawnSync(
      'time',
      [...['-f', '%U %S %M %e'], process.execPath, ...['--import', 'tsx', program, ...words]],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    return stderr.trim().split('\n').at(-1);
  };
  const args = (action: string) => [config, action];
  console.log(`${laptops} laptops, ${snapshots} snapshots each, ${contents} contents`);
  run(...args('init'));
  for (const what of ['first copy', 'nothing changed', 'nothing changed']) {
    console.log(`${what}: user, system s; largest process KiB; s: ${run(...args('run'))}`);
  }
  addSnapshot(library, 0, snapshots);
  console.log(`one laptop changed: user, system s; largest KiB; s: ${run(...args('run'))}`);
  console.log(execFileSync('du', ['-sh', join(folder, 'away')], { encoding: 'utf8' }).trim());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function fill(library: string): void {
  for (let n = 0; n < contents; n += 1) {
    const text = `content ${n}`;
    const digest = createHash('sha256').update(text).digest('hex');
    const shard = join(library, '.pool', digest.slice(0, 2));
    if (n < 5000) mkdirSync(shard, { recursive: true });
    writeFileSync(join(shard, digest), text);
  }
  for (let laptop = 0; laptop < laptops; laptop += 1) {
    for (let n = 0; n < snapshots; n += 1) addSnapshot(library, laptop, n);
  }
}

function addSnapshot(library: string, laptop: number, n: number): void {
  const day = new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10);
  const home = join(library, serialOf(laptop), `datastore-${day}_10:00`);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'MANIFEST'), `{"laptop": ${laptop}, "n": ${n}}`);
  writeFileSync(join(home, 'SUMS.gz'), createHash('sha512').update(`${laptop} ${n}`).digest());
}
