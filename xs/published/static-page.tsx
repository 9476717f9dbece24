/** One page of the exported class page: without scripts, and without anything from elsewhere. */
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Words } from '../../shared/words/words.ts';
import type { ClassThing } from './class-thing.ts';
import { ThingCard } from './thing-card.tsx';

/** A thing with the names of its files beside the page; empty for none. */
export interface ShownThing {
  thing: ClassThing;
  picture: string;
  file: string;
}

export interface StaticProps {
  /** The language of the words, for screen readers. */
  language: string;
  /** In seconds since 1970. */
  made: number;
  page: number;
  pages: number;
  things: readonly ShownThing[];
}

export function staticPage(words: Words, { language, made, page, pages, things }: StaticProps) {
  const { _ } = words;
  const title = _('Class page');
  const node: VNode = (
    <html lang={language} dir={words.rightToLeft ? 'rtl' : 'ltr'}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>
          <h1>{title}</h1>
          <p>{_('As the school had it on {date}.', { date: words.date(made) })}</p>
          <ul>
            {things.map(({ thing, picture, file }) => (
              <li key={thing.id}>
                <ThingCard {...{ words, thing, picture, href: addressOf(file) }} />
              </li>
            ))}
          </ul>
          {pages > 1 ? (
            <nav aria-label={_('Pages')}>
              {Array.from({ length: pages }, (_one, n) => n + 1).map((n) => (
                <a
                  key={n}
                  href={pageName(n)}
                  aria-current={n === page ? 'page' : undefined}
                  aria-label={_('Page {page} of {pages}', {
                    page: words.number(n),
                    pages: words.number(pages),
                  })}
                >
                  {words.number(n)}
                </a>
              ))}
            </nav>
          ) : null}
        </main>
      </body>
    </html>
  );
  return `<!DOCTYPE html>\n${renderToString(node)}\n`;
}

/** `index.html`, `page-2.html`… */
export function pageName(page: number): string {
  return page === 1 ? 'index.html' : `page-${page}.html`;
}

function addressOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}

const STYLE = `
body { background: #e5e5e5; color: #1a1a1a; font: 1rem/1.4 sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
ul { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); list-style: none; padding: 0; }
.entry { background: #fff; border: 2px solid #808080; border-radius: .6rem; box-sizing: border-box; color: inherit; display: block; height: 100%; overflow-wrap: anywhere; padding: .6rem; text-decoration: none; }
a.entry strong { text-decoration: underline; }
.entry > * { display: block; }
.picture { height: 7.5rem; line-height: 7.5rem; text-align: center; }
.picture img, .picture svg { max-height: 100%; max-width: 100%; vertical-align: middle; }
.byline svg { vertical-align: middle; }
nav a { border: 2px solid #666; border-radius: .6rem; color: #1a1a1a; display: inline-block; margin: .2rem; min-width: 2.2rem; padding: .3rem; text-align: center; }
nav a[aria-current] { border: 4px solid #1a1a1a; font-weight: bold; }
`;
