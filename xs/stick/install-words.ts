/**
 * What `install.sh` says and what the printed page says, in a language. The script reads its part as
 * assignments of the shell, so that its texts are translated where all others are.
 */
import type { Words } from '../../shared/words/words.ts';

/** Variable → text. `install.sh` uses each of them, and a test compares. */
export function scriptWords({ _ }: Words): Record<string, string> {
  return {
    word_which: _('What is this computer? 1: a laptop of a child. 2: the server of the school.'),
    word_root: _('Only an administrator can install this. Type "sudo" before the command.'),
    word_system: _('This stick has no packages for this computer:'),
    word_working: _('Installing. This takes some minutes; leave the stick where it is.'),
    word_laptop: _('Done. Restart the laptop. It backs up by itself once a day.'),
    word_server: _('Done. The server of the school is running. Now choose a name and a password:'),
    word_stick: _('Then write a stick for the laptops, so that they know this server:'),
    word_kept: _('This laptop has settings already. They stay as they are:'),
    word_newer: _('This computer has a newer version than the stick. It stays as it is:'),
    word_unknown: _('The stick does not say which server is yours. Make it at your server:'),
    word_failed: _('This did not work. Nothing is lost. Show the lines above to whoever helps.'),
  };
}

/** As `sh` reads it: nothing in a translation is run. */
export function asShell(words: Readonly<Record<string, string>>): string {
  return Object.entries(words)
    .map(([name, text]) => `${name}='${text.replaceAll("'", "'\\''")}'\n`)
    .join('');
}

export interface PageText {
  heading: string;
  steps: readonly (readonly [what: string, command: string | null])[];
}

/** The printed page: the laptop first, because there are many. */
export function pageTexts({ _ }: Words): { title: string; parts: readonly PageText[] } {
  return {
    title: _('Install the backup of the school'),
    parts: [
      {
        heading: _('On each laptop'),
        steps: [
          [
            _('Put the stick in. Open the activity Terminal, and type:'),
            'sudo sh /media/*/*/install.sh laptop',
          ],
          [_('Wait until it says that it is done. Restart the laptop near the server.'), null],
          [
            _('A teacher types the six digits that the laptop shows:'),
            'http://schoolserver/xs-backup',
          ],
        ],
      },
      {
        heading: _('On the server, once'),
        steps: [
          [
            _('Put the stick in. Open a terminal, and type:'),
            'sudo sh /media/*/*/install.sh server',
          ],
          [_('Choose the name and the password of a teacher:'), 'sudo xs-backup teacher add Rosa'],
          [
            _('Write the stick anew, so that the laptops know this server:'),
            'sudo xs-backup stick /media/*/*',
          ],
          [_('See whether all is well:'), 'sudo xs-backup doctor'],
        ],
      },
    ],
  };
}
