/**
 * The frame of every page: head, trail, visitor with sign-out, languages. Rendered on the server without
 * scripts, for browsers as old as the WebKit of Sugar's first Browse.
 */
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Words } from '../../../shared/words/words.ts';
import { LANGUAGES } from './language-choice.ts';
import { XoIcon } from './xo-icon.tsx';

export const ICON = '/ds-restore/icon.svg';

/** What every page is rendered from. */
export interface Page {
  language: string;
  words: Words;
  /** Who is signed in. */
  who: { name: string; colors: string | null; teacher: boolean; keeper: boolean } | null;
  /** For the hidden field of each form. */
  formToken: string;
  /** Path and query of this page. */
  here: string;
  /** Where the style sheet is. */
  style: string;
  /** False where the language cannot be chosen. */
  languages?: boolean;
}

export interface TrailLink {
  name: string;
  href?: string;
}

export interface FrameProps {
  page: Page;
  title: string;
  /** Links at the top; the current page has no `href`. */
  trail?: readonly TrailLink[];
  /** Wider, for tables. */
  wide?: boolean;
  children?: ComponentChildren;
}

export function Frame({ page, title, trail = [], wide = false, children }: FrameProps): VNode {
  const { words, language } = page;
  const { _, rightToLeft } = words;
  return (
    <html lang={language} dir={rightToLeft ? 'rtl' : 'ltr'}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <link rel="stylesheet" href={page.style} />
        <link rel="icon" href={ICON} type="image/svg+xml" />
      </head>
      <body class={wide ? 'wide' : undefined}>
        <a class="skip" href="#main">
          {_('To the content')}
        </a>
        <header>
          <Trail words={words} trail={trail} />
          <Who page={page} />
        </header>
        <main id="main">
          <h1>
            <bdi>{title}</bdi>
          </h1>
          {children}
        </main>
        {page.languages === false ? null : <Languages page={page} />}
      </body>
    </html>
  );
}

function Trail({ words, trail }: { words: Words } & Required<Pick<FrameProps, 'trail'>>) {
  if (trail.length === 0) return null;
  return (
    <nav class="trail" aria-label={words._('Where you are')}>
      <ol>
        {trail.map(({ name, href }) => (
          <li key={name}>
            {href === undefined ? (
              <span aria-current="page">
                <bdi>{name}</bdi>
              </span>
            ) : (
              <a href={href}>
                <bdi>{name}</bdi>
              </a>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Who({ page: { who, words, formToken } }: { page: Page }) {
  if (!who) return null;
  return (
    <form class="who" method="post" action="/ds-restore/sign-out">
      {who.teacher ? null : <XoIcon colors={who.colors} size={33} />}
      <bdi class="name">{who.name}</bdi>
      <FormToken token={formToken} />
      <button type="submit" class="quiet">
        {words._('Sign out')}
      </button>
    </form>
  );
}

/** Goes into every form that is sent with POST. */
export function FormToken({ token }: { token: string }): VNode {
  return <input type="hidden" name="form" value={token} />;
}

function Languages({ page }: { page: Page }) {
  const back = encodeURIComponent(page.here);
  return (
    <footer>
      <nav aria-label={page.words._('Language')}>
        <ul>
          {LANGUAGES.map(([tag, name]) => (
            <li key={tag}>
              {tag === page.language ? (
                <span lang={tag} aria-current="true">
                  {name}
                </span>
              ) : (
                <a lang={tag} hreflang={tag} href={`/ds-restore/language?to=${tag}&back=${back}`}>
                  {name}
                </a>
              )}
            </li>
          ))}
        </ul>
      </nav>
    </footer>
  );
}

/** The page as HTML. */
export function render(node: VNode): string {
  return `<!DOCTYPE html>\n${renderToString(node)}\n`;
}
