"""Writes entries of a Journal as Sugar's datastore does, one after the other, without a pause: each
property as a hidden file that is renamed, then the content, renamed too.

    busy-writer.py JOURNAL WRITES UID..."""
import os
import random
import sys


def put(path, data):
    folder, name = os.path.split(path)
    hidden = os.path.join(folder, "." + name)
    with open(hidden, "wb") as file:
        file.write(data)
    os.rename(hidden, path)


def write(journal, uid, number, chance):
    entry = os.path.join(journal, uid[:2], uid)
    repeats = chance.randrange(1, 4000)
    content = b"%d " % number * repeats
    for name, value in (("title", b"write %d" % number), ("repeats", b"%d" % repeats),
                        ("filesize", b"%d" % len(content))):
        put(os.path.join(entry, "metadata", name), value)
    fresh = os.path.join(journal, "content-of-an-activity")
    with open(fresh, "wb") as file:
        file.write(content)
    os.rename(fresh, os.path.join(entry, "data"))


def main(journal, writes, *uids):
    chance = random.Random(51)
    for number in range(int(writes)):
        write(journal, chance.choice(uids), number, chance)


main(*sys.argv[1:])
