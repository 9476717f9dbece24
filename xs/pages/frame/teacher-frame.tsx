/**
 * The frame of the teachers' pages: tabs, what was just done with its undo, and whether a keeper of the server looks.
 */
import { type ComponentChildren, createContext, type VNode } from 'preact';
import type { Words } from '../../../shared/words/words.ts';
import { Frame, type Page, type TrailLink } from './frame.tsx';

export const PLACES = {
  status: '/xs-backup',
  class: '/xs-backup/class',
  waiting: '/xs-backup/waiting',
  held: '/xs-backup/held',
  offers: '/xs-backup/offers',
  disk: '/xs-backup/disk',
  trash: '/xs-backup/trash',
  audit: '/xs-backup/audit',
} as const;
export type Place = keyof typeof PLACES;
/** Who came on which day, and a page to print; both are reached from the first page. */
export const DAYS_PATH = '/xs-backup/days';
export const PAPER_PATH = '/xs-backup/paper';

/** Whether acts are shown that only a keeper of the server may do. */
export const ForKeeper = createContext(false);

/** The act that led to this page. */
export interface Done {
  text: string;
  /** Address of the question before the act that undoes it. */
  undo: string | undefined;
}

export interface TeacherFrameProps {
  page: Page;
  title: string;
  /** The tab that is shown as current. */
  place: Place;
  done?: Done | undefined;
  /** The way back, where the tab is not enough. */
  trail?: readonly TrailLink[];
  children?: ComponentChildren;
}

export function TeacherFrame(props: TeacherFrameProps): VNode {
  const { page, title, place, done, trail = [], children } = props;
  const { words } = page;
  return (
    <Frame page={page} title={title} trail={trail} wide>
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
            <a class="button" href={done.undo}>
              {words._('Undo')}
            </a>
          ) : null}
        </p>
      ) : null}
      <ForKeeper.Provider value={page.who?.keeper === true}>{children}</ForKeeper.Provider>
      {page.who?.keeper === false ? (
        <p class="when no-print">
          {words._('You see what a teacher may do. Whoever keeps the server can do more.')}
        </p>
      ) : null}
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
    case 'offers':
      return _('Class page');
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
