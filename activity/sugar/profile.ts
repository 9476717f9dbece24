/** The child's nick and colors, from Sugar's settings. */

import { parseColors } from '../../shared/journal/colors.ts';
import { settingsOf } from './gsettings.ts';
import { GREY, type XoColor } from './xocolor.ts';

export interface Child {
  nick: string;
  color: XoColor;
}

/** The owner of this Sugar session. */
export function readChild(): Child {
  const settings = settingsOf('org.sugarlabs.user');
  if (!settings) return { nick: '', color: GREY };
  return {
    nick: settings.getString('nick'),
    color: parseColors(settings.getString('color')) ?? GREY,
  };
}
