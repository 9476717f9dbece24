/** The page of the first visit, shown once: what the activity does, in three pictures. */
import { welcomePictures } from '../pictures/welcome.ts';
import type { PageBody, Viewer } from './body.ts';
import { homeButton } from './buttons.ts';
import { emptyPage } from './page.ts';

export function welcomeBody({ words, color }: Viewer): PageBody {
  const { _, rightToLeft } = words;
  const captions = [
    _('Your things go to school'),
    _('They come back'),
    _('Nothing is lost'),
  ] as const;
  return {
    ...emptyPage(),
    pictures: welcomePictures(color, captions, rightToLeft),
    buttons: [homeButton(words)],
  };
}
