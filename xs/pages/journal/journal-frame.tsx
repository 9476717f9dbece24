/**
 * The frame of a Journal's pages: for its child a trail of her days, for a teacher the tabs of the
 * teachers' pages and the way back to the laptop.
 */
import type { ComponentChildren, VNode } from 'preact';
import type { Serial } from '../../../shared/ids.ts';
import { Frame, type Page, type TrailLink } from '../frame/frame.tsx';
import { homePath, laptopPath } from '../frame/paths.ts';
import { TeacherFrame } from '../frame/teacher-frame.tsx';

/** Whose Journal a page shows. */
export interface JournalOf {
  reader: Serial;
  /** The child's nick, or the serial number. */
  name: string;
}

export interface JournalFrameProps {
  page: Page;
  of: JournalOf;
  title: string;
  /** The pages between the list of days and this one; null on that list. */
  trail: readonly TrailLink[] | null;
  children?: ComponentChildren;
}

export function JournalFrame({ page, of, title, trail, children }: JournalFrameProps): VNode {
  const { _ } = page.words;
  const teacher = page.who?.teacher === true;
  const home = { name: teacher ? _('Journal') : _('My days'), href: homePath(of.reader) };
  const days = trail === null ? [] : [home, ...trail];
  if (!teacher) {
    return (
      <Frame page={page} title={title} trail={days}>
        {children}
      </Frame>
    );
  }
  const laptop = { name: of.name, href: laptopPath(of.reader) };
  return (
    <TeacherFrame page={page} title={title} place="class" trail={[laptop, ...days]}>
      {children}
    </TeacherFrame>
  );
}
