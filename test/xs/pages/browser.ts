/**
 * The pages of a library over a real socket, and a browser without a screen: cookies, forms and
 * redirections as the real ones do them, and the means to lie about all three.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import got, { type OptionsOfBufferResponseBody } from 'got';
import { writeCatalogues } from '../../../bundle/messages.ts';
import { createPublicApp } from '../../../xs/api/app.ts';
import { WebLinks } from '../../../xs/api/web-links.ts';
import { startHttps } from '../../../xs/https/listener.ts';
import { addClassPage } from '../../../xs/pages/class/class-routes.ts';
import { makeClassSite } from '../../../xs/pages/class/class-site.ts';
import type { Site } from '../../../xs/pages/guard/site-context.ts';
import { addInstall } from '../../../xs/pages/install/install-routes.ts';
import { Journals } from '../../../xs/pages/journal/journal.ts';
import { addJournalPages } from '../../../xs/pages/journal/journal-routes.ts';
import { addMoodle } from '../../../xs/pages/moodle/moodle-routes.ts';
import { addCodeSignIn } from '../../../xs/pages/sign-in/code-routes.ts';
import { addSignIn } from '../../../xs/pages/sign-in/sign-in-routes.ts';
import { addSignOn } from '../../../xs/pages/sign-in/sign-on.ts';
import { addSite, type PageFiles } from '../../../xs/pages/site.ts';
import { addTeacherPages } from '../../../xs/pages/teacher/teacher-routes.ts';
import { Traffic } from '../../../xs/traffic/traffic.ts';
import { calmLoad, openWhole, STICK_PARTS, type WholeLibrary } from '../whole.ts';

export interface PagesServer extends WholeLibrary {
  url: string;
  /** Where the settings switch HTTPS on. */
  secureUrl: string;
  site: Site;
  links: WebLinks;
}

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKlHQOVsibl+f6fTj/kXqwpwvntxyKDd7hncKTkRUPNK';

/**
 * A service's public side in front of a new library. `settings` is TOML; without any about HTTPS, teachers
 * sign in over plain HTTP.
 */
export async function servePages(settings = '', start?: string): Promise<PagesServer> {
  const plain = settings.includes('[https]') ? '' : '[https]\nlisten = "off"\n';
  const whole = await openWhole(plain + settings, start === undefined ? {} : { start });
  const { library } = whole;
  const locale = mkdtempSync(join(tmpdir(), 'ds-locale-'));
  writeCatalogues(locale, 'ds-backup');
  const files: PageFiles = {
    styleSheets: ['style.css', 'teacher/teacher.css'].map((file) =>
      fileURLToPath(new URL(`../../../xs/pages/${file}`, import.meta.url)),
    ),
    locale,
  };
  const app = createPublicApp({
    ...{ registrations: library.registrations, strangers: library.strangers },
    ...{ clock: library.clock, log: library.log },
    traffic: new Traffic(library.clock, library.config.traffic),
    load: calmLoad,
    proxies: library.config.http.proxies,
    metrics: async () => '',
    ...{ hostName: 'schoolserver', hostKey: KEY, sshPort: 2222, login: 'ds-receive' },
  });
  let site: Site | undefined;
  const links = new WebLinks(library.clock);
  addSite(app, library, files, (part, made) => {
    site = made;
    addSignIn(part, made);
    addInstall(part, made, { ...STICK_PARTS, locale });
    const after = addMoodle(part, made);
    addCodeSignIn(part, made, after);
    addSignOn(part, made, links, after);
    addJournalPages(part, made, new Journals({ library, onRaw: () => {} }));
    const classSite = makeClassSite(made);
    addClassPage(part, classSite);
    addTeacherPages(part, classSite);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const https = await startHttps(library, app.server);
  const address = app.server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  if (!site) throw new Error('there is no site');
  return {
    ...whole,
    ...{ site, links, url: `http://127.0.0.1:${port}` },
    secureUrl: `https://127.0.0.1:${library.listening.https?.port}`,
    [Symbol.asyncDispose]: async () => {
      await https[Symbol.asyncDispose]();
      await app.close();
      await whole[Symbol.asyncDispose]();
      rmSync(locale, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  raw: Buffer;
}

export interface Browser {
  url: string;
  cookies: Map<string, string>;
  /** Without following redirections. A path goes out exactly as it is written. */
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Fills in the first form of a page that is sent with POST to `action`, and sends it. */
  fill(path: string, action: string, fields: Record<string, string>): Promise<Answer>;
}

export function openBrowser(url: string): Browser {
  const cookies = new Map<string, string>();
  const ask = async (path: string, options: OptionsOfBufferResponseBody): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await got(url + path, {
      ...options,
      headers: { ...(cookie && { cookie }), ...options.headers },
      ...{ followRedirect: false, throwHttpErrors: false, retry: { limit: 0 } },
      ...{ https: { rejectUnauthorized: false } },
      responseType: 'buffer',
    });
    for (const line of answer.headers['set-cookie'] ?? []) keep(cookies, line);
    const raw = Buffer.from(answer.body as Uint8Array);
    return { status: answer.statusCode, headers: answer.headers, body: raw.toString(), raw };
  };
  const browser: Browser = {
    url,
    cookies,
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, form, headers = {}) => ask(path, { method: 'POST', form, headers }),
    fill: async (path, action, fields) => {
      const { body } = await browser.get(path);
      const [, form = ''] = new RegExp(`action="${action}"([\\s\\S]*?)</form>`).exec(body) ?? [];
      const hidden = [...form.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)];
      const values = hidden.map(([, name = '', value = '']) => [name, value]);
      // Of several buttons with a value, the first.
      const [, button, value = ''] = /<button[^>]*name="(\w+)" value="([^"]*)"/.exec(form) ?? [];
      const pressed = button === undefined ? {} : { [button]: value };
      return browser.post(action, { ...Object.fromEntries(values), ...pressed, ...fields });
    },
  };
  return browser;
}

function keep(cookies: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (/expires=Thu, 01 Jan 1970/i.test(line) || /max-age=0/i.test(line)) cookies.delete(name);
  else cookies.set(name, value);
}
