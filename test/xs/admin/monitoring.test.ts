/** Alert rules and the dashboard, by Prometheus' own promtool, and by what the server really says. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatMetrics } from '../../../xs/admin/metrics.ts';
import { readStatus } from '../../../xs/admin/status.ts';
import { testIf } from '../../runner/skip.ts';
import { openWhole } from '../whole.ts';

const test = suite("a ministry's view");
const folder = fileURLToPath(new URL('../../../bundle/monitoring', import.meta.url));
const promtool = spawnSync('promtool', ['--version']).status === 0;
const withPromtool = testIf(promtool, test, 'promtool (package prometheus) is not installed');

async function metrics(): Promise<string> {
  await using whole = await openWhole();
  return formatMetrics(await readStatus(whole.library), 0);
}

test('every metric and every concern in rules and dashboard is one that servers have', async () => {
  const said = await metrics();
  for (const name of ['alerts.yml', 'dashboard.json']) {
    const text = readFileSync(join(folder, name), 'utf8');
    const named = text.match(/xs_backup_\w+/g) ?? [];
    assert.ok(named.length > 5, name);
    for (const one of named) assert.match(said, new RegExp(`^${one}[ {]`, 'm'), one);
    for (const [, types = ''] of text.matchAll(/type=~?\\?"([\w|-]+)\\?"/g)) {
      for (const type of types.split('|')) assert.match(said, `{type="${type}"}`);
    }
  }
});

withPromtool(
  'promtool accepts rules and metrics, and the rules do what their tests say',
  async () => {
    execFileSync('promtool', ['check', 'rules', 'alerts.yml'], { cwd: folder, stdio: 'pipe' });
    execFileSync('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: folder, stdio: 'pipe' });
    const input = await metrics();
    execFileSync('promtool', ['check', 'metrics'], { input, stdio: 'pipe' });
  },
);

test.run();
