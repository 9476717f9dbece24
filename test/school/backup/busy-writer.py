"""Writes entries of a Journal as Sugar's datastore does: each property as a hidden file that is renamed,
then the content, renamed too; now and then the disk takes its time between two of them. A few entries
are worked on at a time, for some seconds, after each was written once.

    busy-writer.py JOURNAL WRITES UID..."""
import os
import random
import sys
import time

# How many entries are worked on at a time, and for how many writes.
AT_ONCE, TURN = 4, 300
# How often and how long the disk dawdles, in seconds.
SLOW, DAWDLE = 0.05, 0.03


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
        if chance.random() < SLOW:
            time.sleep(DAWDLE)
    fresh = os.path.join(journal, "content-of-an-activity")
    with open(fresh, "wb") as file:
        file.write(content)
    os.rename(fresh, os.path.join(entry, "data"))


def main(journal, writes, *uids):
    chance = random.Random(51)
    for number in range(int(writes)):
        if number % TURN == 0:
            worked_on = chance.sample(uids, AT_ONCE)
        uid = uids[number] if number < len(uids) else chance.choice(worked_on)
        write(journal, uid, number, chance)


main(*sys.argv[1:])
