/** A class and its teacher, who has signed in; what she does on the pages. */
import * as assert from 'uvu/assert';
import { addTeacher } from '../../../../xs/admin/teachers.ts';
import { newestSnapshot } from '../../../../xs/storage/snapshots.ts';
import { backUp, type Journal, SERIAL, uidOf } from '../../library.ts';
import { dsaKey, serialOf } from '../../whole.ts';
import { type Browser, openBrowser, type PagesServer, servePages } from '../browser.ts';

const PASSWORD = 'four words are enough';
const SIGN_IN = '/ds-restore/sign-in';
export const OTHER = serialOf(7);

interface Class extends PagesServer {
  teacher: Browser;
}

/** Jocinta with a Journal of 12, another child's laptop, and Rosa, who has signed in. */
export async function openClass(registration = ''): Promise<Class> {
  const server = await servePages(`[registration]\npolicy = "window"\n${registration}`);
  const { library, context } = server;
  library.newcomers.openWindow(5);
  library.registrations.register(OTHER, 'Ana <b>', 'u', dsaKey(2));
  library.newcomers.openWindow(0);
  await backUp({ context }, journal(12), SERIAL);
  // As the service notes it.
  const snapshot = newestSnapshot(library.paths, SERIAL);
  if (snapshot) await library.index.reindex(snapshot.serial);
  await library.index.recordSuccess(SERIAL, server.clock.now());
  await addTeacher(library.paths, 'Rosa', PASSWORD, new Date());
  const teacher = openBrowser(server.url);
  await signIn(teacher);
  return { ...server, teacher };
}

export const signIn = (teacher: Browser) =>
  teacher.fill(SIGN_IN, SIGN_IN, { name: 'Rosa', password: PASSWORD });

export function journal(entries: number): Journal {
  const all = Array.from({ length: entries }, (_, n) => n);
  return new Map(all.map((n) => [uidOf(n), { title: `thing ${n}`, content: `content ${n}` }]));
}

/** Follows a link with this text, as a teacher who reads. */
export async function follow(browser: Browser, path: string, label: RegExp): Promise<string> {
  const { status, body } = await browser.get(path);
  assert.is(status, 200, `${path}: ${body.slice(0, 300)}`);
  for (const [, href = '', text = ''] of body.matchAll(
    /<a [^>]*href="([^"]+)"[^>]*>([\s\S]*?)<\/a>/g,
  )) {
    if (label.test(text)) return href.replace(/&amp;/g, '&');
  }
  throw new Error(`${path} has no link ${label}: ${body.slice(body.indexOf('<h1>'), 3000)}`);
}

/** The link, the question, yes; what the next page says. */
export async function act(browser: Browser, path: string, label: RegExp): Promise<string> {
  const question = await follow(browser, path, label);
  assert.match(question, /^\/xs-backup\/do\?act=/);
  const answer = await browser.fill(question, '/xs-backup/do', {});
  assert.is(answer.status, 303, answer.body);
  const next = await browser.get(String(answer.headers.location));
  assert.is(next.status, 200);
  const [, said = ''] = /role="status">([\s\S]*?)<\/p>/.exec(next.body) ?? [];
  return said;
}
