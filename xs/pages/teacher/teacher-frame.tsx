/**
 * What is around each of the teachers' pages: where one can go, and what was just done.
 */
import type { ComponentChildren, VNode } from 'preact';
import type { Words } from '../../../shared/words/words.ts';
import { Frame, type Page } from '../frame.tsx';
import { type Act, askPath } from './acts/acts.ts';

export const PLACES = {
  status: '/xs-backup',
  class: '/xs-backup/class',
  waiting: '/xs-backup/waiting',
  held: '/xs-backup/held',
  disk: '/xs-backup/disk',
  trash: '/xs-backup/trash',
  audit: '/xs-backup/audit',
} as const;
export type Place = keyof typeof PLACES;

/** What was done before this page, and what takes it back. */
export interface Done {
  text: string;
  undo: Act | undefined;
}

export interface AdminFrameProps {
  page: Page;
  title: string;
  /** Which of the places this is, or belongs to. */
  place: Place;
  done?: Done | undefined;
  children?: ComponentChildren;
}

export function AdminFrame({ page, title, place, done, children }: AdminFrameProps): VNode {
  const { words } = page;
  return (
    <Frame page={page} title={title} wide>
      <nav class="places" aria-label={words._('Pages for teachers')}>
        <ul>
          {Object.entries(PLACES).map(([name, href]) => (
            <li key={name}>
              <a class="tab" href={href} aria-current={name === place ? 'page' : undefined}>
                {placeName(words, name as Place)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {done ? (
        <p class="done" role="status">
          {done.text}{' '}
          {done.undo ? (
            <a class="button" href={askPath(done.undo)}>
              {words._('Undo')}
            </a>
          ) : null}
        </p>
      ) : null}
      {children}
    </Frame>
  );
}

function placeName({ _ }: Words, place: Place): string {
  switch (place) {
    case 'status':
      return _('The school');
    case 'class':
      return _('Laptops');
    case 'waiting':
      return _('Who asks');
    case 'held':
      return _('Held aside');
    case 'disk':
      return _('Disk');
    case 'trash':
      return _('Trash');
    case 'audit':
      return _('Who did what');
    default:
      return place satisfies never;
  }
}

/** The way to the question before an act; nothing changes by following it. */
export function ActLink(props: { act: Act; label: string; about?: string }): VNode {
  return (
    <a class="button act" href={askPath(props.act)}>
      {props.label}
      {props.about === undefined ? null : <span class="unseen"> {props.about}</span>}
    </a>
  );
}
