/**
 * One thing on the class page, drawn: in the list, and by itself. Titles and names were written by children.
 */
import type { VNode } from 'preact';
import type { Words } from '../../shared/words/words.ts';
import { KindIcon, kindName } from '../pages/frame/kinds.tsx';
import { XoIcon } from '../pages/frame/xo-icon.tsx';
import type { ClassThing } from './class-thing.ts';

export interface ThingProps {
  words: Words;
  thing: ClassThing;
  /** Where its picture is; empty for none. */
  picture: string;
}

/** In a list. `href` is where it leads; empty for nowhere. */
export function ThingCard(props: ThingProps & { href: string }): VNode {
  const { words, thing, href, picture } = props;
  const inside = (
    <>
      <span class="picture">
        {picture === '' ? (
          <KindIcon kind={thing.kind} />
        ) : (
          <img src={picture} alt="" loading="lazy" />
        )}
      </span>
      <strong>
        <bdi>{titleOf(words, thing)}</bdi>
      </strong>
      <span>
        {[kindName(words, thing.kind), dateOf(words, thing)].filter((text) => text).join(' · ')}
      </span>
      <Whose thing={thing} size={28} />
    </>
  );
  return href === '' ? (
    <div class="entry">{inside}</div>
  ) : (
    <a class="entry" href={href}>
      {inside}
    </a>
  );
}

/** By itself, with what is done with it below the facts. */
export function WholeThing(props: ThingProps & { children: VNode | null }): VNode {
  const { words, thing, picture, children } = props;
  const { _ } = words;
  return (
    <div class="one">
      <div class="picture">
        {picture === '' ? (
          <KindIcon kind={thing.kind} />
        ) : (
          <img src={picture} alt={_('What it looked like')} />
        )}
      </div>
      <div>
        <Whose thing={thing} size={56} />
        <dl>
          <dt>{_('Kind')}</dt>
          <dd>{kindName(words, thing.kind)}</dd>
          <dt>{_('Changed')}</dt>
          <dd>{dateOf(words, thing) || _('Nobody knows')}</dd>
        </dl>
        {children}
      </div>
    </div>
  );
}

export function titleOf({ _ }: Words, { title }: Pick<ClassThing, 'title'>): string {
  return title || _('Without a title');
}

function dateOf(words: Words, { changed }: ClassThing): string {
  return changed > 0 ? words.date(changed) : '';
}

function Whose({ thing: { colors, nick }, size }: { thing: ClassThing; size: number }) {
  return (
    <span class="byline">
      <XoIcon colors={colors} size={size} /> <bdi>{nick}</bdi>
    </span>
  );
}
