"""The activity where the laptop has no Node.js that it can run on: a picture and words for the teacher.

Started by `run` with Sugar's own launcher. The texts come from the bundle's catalogues; xo.ts writes them
here in English, from names.ts. DS_BACKUP_NEEDS and DS_BACKUP_FOUND say what is needed and what is there.
"""
import gettext
import os

from gi.repository import GLib, Gtk
from sugar3 import profile
from sugar3.activity import activity
from sugar3.activity.widgets import ActivityButton, StopButton
from sugar3.graphics import style
from sugar3.graphics.icon import Icon
from sugar3.graphics.toolbarbox import ToolbarBox

BUNDLE = os.path.dirname(os.path.abspath(__file__))
NAME = 'org.sugarlabs.Backup'
gettext.bindtextdomain(NAME, os.path.join(BUNDLE, 'locale'))
# Under this name screen readers list it, as the activity itself.
GLib.set_prgname(NAME)


def translated(text):
    return gettext.dgettext(NAME, text)


class NoNode(activity.Activity):
    def __init__(self, handle):
        activity.Activity.__init__(self, handle, create_jobject=False)
        self._add_toolbar()
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=style.DEFAULT_SPACING)
        page.set_valign(Gtk.Align.CENTER)
        for widget in (self._picture(), *self._words()):
            page.pack_start(widget, False, False, 0)
        white = Gtk.EventBox()
        white.modify_bg(Gtk.StateType.NORMAL, style.COLOR_WHITE.get_gdk_color())
        white.add(page)
        self.set_canvas(white)
        self.show_all()

    def _add_toolbar(self):
        box = ToolbarBox()
        space = Gtk.SeparatorToolItem(draw=False)
        space.set_expand(True)
        for item in (ActivityButton(self), space, StopButton(self)):
            box.toolbar.insert(item, -1)
        self.set_toolbar_box(box)

    def _picture(self):
        size = 3 * style.XLARGE_ICON_SIZE // 2
        picture = Gtk.Box(spacing=style.DEFAULT_SPACING)
        picture.set_halign(Gtk.Align.CENTER)
        for name in ('activity/activity-backup.svg', 'activity/no-node.svg'):
            icon = Icon(file=os.path.join(BUNDLE, name), pixel_size=size, xo_color=profile.get_color())
            picture.pack_start(icon, False, False, 0)
        return picture

    def _words(self):
        needs = os.environ.get('DS_BACKUP_NEEDS', 'Node.js')
        found = os.environ.get('DS_BACKUP_FOUND', '–')
        title = Gtk.Label(label=translated('@ASK@'))
        title.get_style_context().add_class('title')
        title.set_markup('<span size="x-large">%s</span>' % title.get_text())
        text = translated('@NEEDS@').replace('{needs}', needs).replace('{found}', found)
        detail = Gtk.Label(label=text, wrap=True, justify=Gtk.Justification.CENTER)
        return title, detail

    # There is no document: nothing is written into the Journal.
    def close(self, skip_save=False):
        activity.Activity.close(self, skip_save=True)
