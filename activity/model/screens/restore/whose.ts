/** Step one of the complete restore: whose Journal, this laptop's or that of an old one. */
import { parseColors } from '../../../../shared/journal/colors.ts';
import { GREY } from '../../../sugar/xocolor.ts';
import { personPicture } from '../../pictures/things.ts';
import { answerTo } from '../../state/known-answers.ts';
import type { State } from '../../state/state.ts';
import type { PeopleBody, Viewer } from '../body.ts';
import { nothing } from '../page.ts';

export function whoseBody(state: State, viewer: Viewer): PeopleBody {
  const { _ } = viewer.words;
  const laptops = answerTo(state, { type: 'laptops' }) ?? [];
  return {
    type: 'people',
    title: _('Whose Journal?'),
    people: laptops.map(({ serial, nick, color, replaced }) => {
      const name = nick || (replaced ? serial : state.nick) || serial;
      return {
        key: serial,
        picture: personPicture(parseColors(color) ?? (replaced ? GREY : viewer.color), name),
        name,
        note: replaced ? _('My old laptop') : _('This laptop'),
        event: {
          type: 'go',
          place: { type: 'when', of: replaced ? serial : '', chosen: '', month: 0 },
        },
      };
    }),
    empty:
      laptops.length > 0
        ? null
        : nothing(state, { type: 'laptops' }, _('Nothing at school yet'), viewer),
  };
}
