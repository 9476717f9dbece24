/** The picture of the first screen: a school with the child in it, filled by the safe share. */
import { type Shape, schoolPicture } from '../../pictures/school.ts';
import { isOpen, isUnconfirmed } from '../../state/agent.ts';
import type { State } from '../../state/state.ts';
import type { ButtonModel, PageBody, Viewer } from '../body.ts';
import { emptyPage } from '../page.ts';

/** The page with this shape beside the child; `level` (0 to 1) where it is not the safe share. */
export function schoolPage(
  state: State,
  viewer: Viewer,
  shape: Shape,
  said: Partial<Pick<PageBody, 'title' | 'text' | 'buttons' | 'cancel'>> & { level?: number },
): PageBody {
  const { _, number } = viewer.words;
  const { title = '', text = '', buttons = [], cancel } = said;
  const { safeEntries, totalEntries } = state.agent;
  const safe = totalEntries > 0 ? safeEntries / totalEntries : 0;
  const { level = safe } = said;
  const share = _('{n} % of your Journal is safe at school', {
    n: number(Math.floor(safe * 100)),
  });
  const name = [shapeName(shape, viewer), share].filter((part) => part !== '').join('. ');
  const main = buttons.every((button) => !button.main);
  const links = restoreButton(state, viewer).map((button) => ({ ...button, main }));
  const unconfirmed = isUnconfirmed(state.agent);
  const picture = schoolPicture({ color: viewer.color, level, shape, name, unconfirmed });
  const page = { ...emptyPage(), pictures: [picture], title, text };
  return { ...page, buttons: [...buttons, ...links], ...(cancel && { cancel }) };
}

/** Leads to a complete restore that is running, waiting or was left half way. */
function restoreButton(state: State, { words: { _ } }: Viewer): ButtonModel[] {
  const open = Object.values(state.jobs).find((job) => job.kind === 'restore' && isOpen(job));
  const restore = open ?? state.agent.unfinished[0];
  if (!restore) return [];
  const { of, snapshot } = restore;
  const event = { type: 'go', place: { type: 'restoring', of, snapshot } } as const;
  return [{ icon: { own: 'bring' }, label: _('What comes back'), event }];
}

function shapeName(shape: Shape, { words: { _ } }: Viewer): string {
  switch (shape) {
    case 'safe':
      return _('Safe');
    case 'working':
      return _('Going to school');
    case 'bringing':
      return _('Coming back');
    case 'waiting':
      return _('Waiting');
    case 'help':
      return _('Needs help');
    case 'none':
      return '';
    default:
      return shape satisfies never;
  }
}
