/**
 * Real headless Chromium in front of the pages: visits, what axe-core says, pictures for people to
 * look at, in .screenshots/.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { httpsCertificate, type Paths } from '../../xs/storage/paths.ts';
import { scaled } from '../runner/patience.ts';

const SHOTS = join(fileURLToPath(new URL('../..', import.meta.url)), '.screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { wide: { width: 1200, height: 900 }, small: { width: 600, height: 800 } };
/** Of a step in the browser: what it waits for comes much sooner. */
const LIMIT_MS = 300_000;
export type Size = keyof typeof SIZES;

/** `trusted`: the server whose certificate, and no other, somebody has compared and accepted. */
export function launchChromium(trusted?: Paths): Promise<Browser> {
  const executablePath = '/usr/bin/chromium';
  const accepted = trusted ? [`--ignore-certificate-errors-spki-list=${keyOf(trusted)}`] : [];
  // To a browser, this machine's own address is as good as HTTPS; the school's name is not.
  const names = '--host-resolver-rules=MAP schoolserver 127.0.0.1';
  const args = ['--no-sandbox', names, ...accepted];
  return chromium.launch({ executablePath, args, timeout: scaled(LIMIT_MS) });
}

/** SHA-256 of the public key of its certificate, in base64. */
function keyOf(paths: Paths): string {
  const { publicKey } = new X509Certificate(readFileSync(httpsCertificate(paths)));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

export interface Visit extends AsyncDisposable {
  page: Page;
  /** What the browser complained about. */
  complaints: string[];
}

/** A browser of somebody's own; nothing may be missing and no rule be broken while it looks. */
export async function visit(
  chrome: Browser,
  baseURL: string,
  locale: string,
  size: Size,
  javaScriptEnabled = true,
): Promise<Visit> {
  const options = { locale, viewport: SIZES[size], baseURL, javaScriptEnabled };
  const context: BrowserContext = await chrome.newContext(options);
  context.setDefaultTimeout(scaled(LIMIT_MS));
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // Ours: what a page still wanted when we went on to the next, or kept as a file.
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${why}`);
  });
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Violations of axe's rules, best practices included. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate('axe.run(document)');
  const { violations } = found as { violations: { id: string; nodes: { html: string }[] }[] };
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
}

/** By how many pixels a page is too wide. */
export async function overflow(page: Page): Promise<number> {
  const width = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  return (await page.evaluate(width)) as number;
}

export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}
