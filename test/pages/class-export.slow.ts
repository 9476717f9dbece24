// weight: 12
/**
 * The exported class page in real headless Chromium, opened from the disk: what axe-core says, whether it fits
 * 600 px, and that nothing which a child wrote runs when its file is opened.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Uid } from '../../shared/ids.ts';
import { exportClassCommand } from '../../xs/commands/class/export-class.ts';
import type { MachineContext } from '../../xs/commands/command.ts';
import { cameraNotes, held, pngWith } from '../shared/pictures.ts';
import { openClass } from '../xs/class-page/school.ts';
import { type JournalEntry, SERIAL, uidOf } from '../xs/library.ts';
import { launchChromium, overflow, shoot, violations, visit } from './chromium.ts';

const test = suite('the exported class page in Chromium');

const SCRIPT = '<script>document.title = "it runs"</script>';
const SVG = `<svg xmlns="http://www.w3.org/2000/svg">${SCRIPT}</svg>`;
const THINGS: JournalEntry[] = [
  ...['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/plain', '', 'x/y'].map(
    (mime_type, n) => ({
      title: n % 2 ? `${SCRIPT} ${n}.html` : `قصة ${n}`,
      content: n % 2 ? SCRIPT : SVG,
      properties: { mime_type, preview: pngWith(SCRIPT) },
    }),
  ),
  {
    title: 'una-palabra-muy-larga-sin-espacios-que-no-cabe-en-la-pantalla-de-una-laptop',
    content: photo(),
    properties: { mime_type: 'image/jpeg', timestamp: '1700000000' },
  },
  { title: '', content: null },
];

/** Wide as it is stored, and taken with the camera on its side. */
function photo(): Buffer {
  const file = execFileSync('convert', ['-size', '80x40', 'gradient:red-blue', 'jpg:-']);
  const notes = cameraNotes(SCRIPT, 'MM', held(8));
  return Buffer.concat([file.subarray(0, 2), notes, file.subarray(2)]);
}

test('from the disk: no violation, all links lead to files, and nothing runs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ds-class-'));
  const journal = Object.fromEntries(THINGS.map((one, n) => [uidOf(n + 1), one]));
  await using school = await openClass(journal as Record<Uid, JournalEntry>);
  const chrome = await launchChromium();
  try {
    for (const uid of Object.keys(journal) as Uid[]) {
      await school.offer(SERIAL, uid);
      await school.say('yes', uid);
    }
    const target = join(folder, 'class');
    await exportClassCommand.run({
      ...{ paths: school.library.paths, args: [target], flags: {}, print: () => {} },
      ...{ progress: () => {}, signal: new AbortController().signal, command: async () => 0 },
    } as unknown as MachineContext);
    for (const size of ['small', 'wide'] as const) {
      await using visitor = await visit(chrome, 'http://127.0.0.1', 'en', size);
      const { page, complaints } = visitor;
      await page.goto(`file://${target}/index.html`);
      await shoot(page, `class-export-${size}`);
      const found = [...(await violations(page)), ...complaints];
      assert.equal([...found, await overflow(page)], [0], size);
      const links = await page.$$eval('a', (all) => all.map((one) => String(one.href)));
      assert.is(links.length, THINGS.length - 2, 'all but the drawing and what has no content');
      const broken =
        '[...document.images].filter((i) => i.complete && i.naturalWidth === 0).length';
      assert.is(await page.evaluate(broken), 0);
      if (size === 'small') continue;
      for (const link of links) {
        assert.ok(existsSync(fileURLToPath(link)), link);
        // A file that Chromium does not show is offered as a download.
        await page.goto(link).catch((error: Error) => assert.match(error.message, /Download/));
        assert.is.not(await page.title(), 'it runs', link);
        if (!/\.jpe?g$/.test(link)) continue;
        const size = '[document.images[0].naturalWidth, document.images[0].naturalHeight]';
        assert.equal(await page.evaluate(size), [40, 80], 'upright, as the camera was held');
      }
    }
  } finally {
    await chrome.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
