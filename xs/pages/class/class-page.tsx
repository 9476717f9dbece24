/** The class page as a list, and one thing of it. Everybody sees the same; nobody is counted. */
import type { VNode } from 'preact';
import { fileSize } from '../../../shared/words/words.ts';
import type { ClassFile, ClassThing } from '../../published/class-thing.ts';
import { ThingCard, titleOf, WholeThing } from '../../published/thing-card.tsx';
import { Frame, type Page, type TrailLink } from '../frame/frame.tsx';
import { Pager } from '../frame/pager.tsx';
import { type Paged, withQuery } from '../frame/paging.ts';
import { CLASS } from '../frame/paths.ts';

export interface ClassPageProps {
  page: Page;
  trail: readonly TrailLink[];
  things: readonly ClassThing[];
  paged: Pick<Paged<unknown>, 'page' | 'pages'>;
}

export function ClassPage({ page, trail, things, paged }: ClassPageProps): VNode {
  const { words } = page;
  const { _ } = words;
  return (
    <Frame page={page} title={_('Class page')} trail={trail}>
      {things.length === 0 ? <p>{_('Nobody shows anything yet.')}</p> : null}
      <ul class="entries">
        {things.map((thing) => (
          <li key={thing.id}>
            <ThingCard
              {...{ words, thing, href: `${CLASS}${thing.id}/`, picture: pictureHref(thing) }}
            />
          </li>
        ))}
      </ul>
      <Pager
        words={words}
        paged={paged}
        href={(n) => withQuery(CLASS, { page: n })}
        before={_('Newer')}
        after={_('Older')}
      />
    </Frame>
  );
}

export interface ThingPageProps {
  page: Page;
  thing: ClassThing;
  /** Null where there is none that is given out. */
  file: ClassFile | null;
}

export function ThingPage({ page, thing, file }: ThingPageProps): VNode {
  const { words } = page;
  const { _ } = words;
  const trail = [{ name: _('Class page'), href: CLASS }];
  return (
    <Frame page={page} title={titleOf(words, thing)} trail={trail}>
      <WholeThing {...{ words, thing, picture: pictureHref(thing) }}>
        {file === null ? null : (
          <p>
            <a class="button" href={`${CLASS}${thing.id}/file`}>
              {_('Get it')}
            </a>{' '}
            {fileSize(words, file.size)}
          </p>
        )}
      </WholeThing>
    </Frame>
  );
}

function pictureHref({ id, hasPicture }: ClassThing): string {
  return hasPicture ? `${CLASS}${id}/picture` : '';
}
