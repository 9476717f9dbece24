/** A temporary folder for a suite, removed after it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Suite {
  after(hook: () => void): void;
}

export function temporaryFolder(test: Suite): string {
  const folder = mkdtempSync(join(tmpdir(), 'ds-shared-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
