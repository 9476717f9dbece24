"""Has Sugar's own Journal take a downloaded bundle apart, as when a child starts it, and prints what
is in the datastore afterwards. Usage: import-bundle.py FILE.xoj"""
import json
import sys

from dbus.mainloop.glib import DBusGMainLoop
DBusGMainLoop(set_as_default=True)

import dbus
from gi.repository import GLib
from jarabe.journal import journalentrybundle
from jarabe.journal.journalentrybundle import JournalEntryBundle

# The longest that D-Bus takes, in seconds: the test's runner sees when nothing moves any more.
FOREVER = 2147483

# It hands its temporary file to the datastore without waiting and removes it at once: who comes first
# is luck. Not what is tested here.
remove = journalentrybundle.shutil.rmtree
used = []


class Later:
    def rmtree(folder, ignore_errors=False):
        used.append(folder)


journalentrybundle.shutil = Later

bus = dbus.SessionBus()
store = dbus.Interface(
    bus.get_object('org.laptop.sugar.DataStore', '/org/laptop/sugar/DataStore'),
    'org.laptop.sugar.DataStore')
downloaded = {'title': 'the download', 'mime_type': JournalEntryBundle.MIME_TYPE}
with open(sys.argv[1], 'rb') as file:
    bundle = file.read()
uid = store.create(downloaded, sys.argv[1], False, timeout=FOREVER)
JournalEntryBundle(store.get_filename(uid), uid).install()

loop = GLib.MainLoop()


def look():
    found = store.get_properties(uid, byte_arrays=True)
    if found['title'] == downloaded['title']:
        return True
    name = store.get_filename(uid)
    data = b''
    if name:
        with open(name, 'rb') as content:
            data = content.read()
    if data == bundle:  # the properties come first
        return True
    texts = {str(name): bytes(value).hex() if name == 'preview' and value else str(value)
             for name, value in found.items()}
    print(json.dumps({'properties': texts, 'content': data.hex()}))
    loop.quit()
    return False


GLib.timeout_add(200, look)
loop.run()
for folder in used:
    remove(folder, ignore_errors=True)
