/**
 * The page of a takeaway: a list with pictures, titles and dates that any browser opens from the disk, and
 * searches by itself. Without scripts, and without anything from elsewhere. All texts were written by a child.
 */
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { size, type Words } from '../../shared/words/words.ts';
import type { Place, Thing } from './things.ts';

export interface IndexFacts {
  nick: string;
  /** The language of `words`, for screen readers. */
  language: string;
  /** When it was made, in seconds since 1970. */
  made: number;
  leftOut: number;
}

/** `pictureOf` gives the name of a thing's picture in the archive. */
export function indexPage(
  words: Words,
  { nick, language, made, leftOut }: IndexFacts,
  things: readonly Thing[],
  pictureOf: (thing: Thing) => string,
): string {
  const { _, _n } = words;
  const title = _('The Journal of {name}', { name: nick });
  const sections = (['journal', 'removed', 'older'] as const).map((place) => {
    return { place, shown: things.filter((thing) => thing.place === place) };
  });
  const page = (
    <html lang={language} dir={words.rightToLeft ? 'rtl' : 'ltr'}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main>
          <h1>
            <bdi>{title}</bdi>
          </h1>
          <p>
            {_('As the school had it on {date}.', { date: words.date(made) })}{' '}
            {_('To search, press Ctrl and F.')}
          </p>
          {leftOut > 0 ? (
            <p>
              {_n(
                '{n} thing is damaged at school and is not here.',
                '{n} things are damaged at school and are not here.',
                leftOut,
              )}
            </p>
          ) : null}
          {sections
            .filter(({ shown }) => shown.length > 0)
            .map(({ place, shown }) => (
              <section key={place}>
                <h2>{headingOf(words, place)}</h2>
                <ul>
                  {shown.map((thing) => (
                    <Item
                      key={`${thing.uid} ${thing.digest}`}
                      {...{ words, thing, picture: pictureOf(thing) }}
                    />
                  ))}
                </ul>
              </section>
            ))}
        </main>
      </body>
    </html>
  );
  return `<!DOCTYPE html>\n${renderToString(page)}\n`;
}

function headingOf({ _ }: Words, place: Place): string {
  switch (place) {
    case 'journal':
      return _('In the Journal');
    case 'removed':
      return _('Removed from the Journal earlier');
    case 'older':
      return _('Older versions');
    default:
      return place satisfies never;
  }
}

interface ItemProps {
  words: Words;
  thing: Thing;
  picture: string;
}

function Item({ words, thing, picture }: ItemProps): VNode {
  const { _ } = words;
  const title = thing.title || _('Without a title');
  const when = thing.changed > 0 ? words.date(thing.changed) : '';
  return (
    <li>
      {picture === '' ? (
        <span class="empty" />
      ) : (
        <img src={addressOf(picture)} alt="" loading="lazy" width="120" height="90" />
      )}
      <span>
        {thing.content ? (
          <a href={addressOf(thing.file)}>
            <bdi>{title}</bdi>
          </a>
        ) : (
          <bdi>{title}</bdi>
        )}
        <small>
          {when}
          {thing.content ? ` · ${size(words, thing.content.size)}` : null}
        </small>
      </span>
    </li>
  );
}

function addressOf(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}

const STYLE = `
body { font: 1rem/1.4 sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
ul { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); list-style: none; padding: 0; }
li { align-items: center; content-visibility: auto; contain-intrinsic-size: auto 90px; display: flex; gap: .75rem; overflow-wrap: anywhere; }
img, .empty { background: #eee; flex: none; height: 90px; object-fit: contain; width: 120px; }
small { display: block; }
`;
