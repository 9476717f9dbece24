# SPDX-License-Identifier: GPL-3.0-or-later
"""Sugar's Journal: "Copy to", "My class". The item is there while the agent keeps a file with its words;
everything else, and every word that is said, is the agent's (PROTOCOL.md). Nothing here waits for anything."""
import json

import dbus
from gi.repository import GLib, Gtk
from jarabe.journal.journalwindow import get_journal_window
from jarabe.webservice import account
from sugar3 import env, profile
from sugar3.graphics import style
from sugar3.graphics.alert import Alert, NotifyAlert
from sugar3.graphics.icon import Icon
from sugar3.graphics.menuitem import MenuItem

AGENT = 'org.sugarlabs.Backup1'
LONGEST_S = 600
SHOWN_S = 20
# So many texts each group of words has.
COUNTS = {'item': 1, 'busy': 2, 'silent': 2}


def read_words():
    """What the agent has written; None while there is no class page, or it cannot be read, or words are missing."""
    try:
        with open(env.get_profile_path('ds-backup/class-menu'), encoding='utf-8') as file:
            words = json.load(file)
        whole = all(are_texts(words[name], count) for name, count in COUNTS.items())
        return words if whole else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def are_texts(texts, count):
    return isinstance(texts, list) and len(texts) == count and all(isinstance(one, str) for one in texts)


class MyClass(account.Account):
    shown = None

    def get_token_state(self):
        # Accounts that are there before the Journal give its toolbar a button that refreshes nothing.
        window = get_journal_window()
        is_there = window is not None and window.get_visible() and read_words()
        return self.STATE_VALID if is_there else self.STATE_NONE

    def get_shared_journal_entry(self):
        return self

    def get_share_menu(self, get_uid_list):
        words = read_words() or {name: [''] * count for name, count in COUNTS.items()}
        item = MenuItem(words['item'][0])
        item.set_image(Icon(icon_name='zoom-groups', xo_color=profile.get_color(),
                            pixel_size=style.SMALL_ICON_SIZE))
        item.connect('activate', lambda item: self.ask(get_uid_list()[0], True, words))
        # What is on a stick has a path for a name.
        item.set_visible(not get_uid_list()[0].startswith('/'))
        return item

    def ask(self, uid, yes, words):
        self.show(Alert(), *words['busy'])

        def said(title, text, undo):
            alert = self.show(NotifyAlert(SHOWN_S), title, text)
            if undo:
                alert.add_button(Gtk.ResponseType.CANCEL, undo, Icon(icon_name='edit-undo'))

            def answered(alert, response):
                get_journal_window().remove_alert(alert)
                if response == Gtk.ResponseType.CANCEL:
                    self.ask(uid, False, words)
            alert.connect('response', answered)

        dbus.SessionBus().call_async(
            AGENT, '/org/sugarlabs/Backup1', AGENT, 'ForMyClass', 'sb', (uid, yes),
            said, lambda error: said(*words['silent'], ''), timeout=LONGEST_S)

    def show(self, alert, title, text):
        alert.props.title, alert.props.msg = map(GLib.markup_escape_text, (title, text))
        if self.shown:
            get_journal_window().remove_alert(self.shown)
        self.shown = alert
        get_journal_window().add_alert(alert)
        alert.show()
        return alert


def get_account():
    return MyClass()
