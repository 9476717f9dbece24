"""
A disk that remembers: one file, mounted by FUSE at PLACE, whose every write and flush goes into a log.

    python3 logged-disk.py PLACE DISK LOG

DISK is what the file holds. LOG gets 24 bytes for each request, in order: when it was done (nanoseconds of
CLOCK_MONOTONIC), where (-1 for a flush), how long; LOG.data gets the bytes. The kernel gets its answer after
that, so whoever knows of a write finds it in the log. Prints "ready"; ends with its standard input.
"""

import ctypes
import os
import select
import stat
import struct
import sys
import time

GETATTR, SETATTR, OPEN, READ, WRITE, STATFS, RELEASE, FSYNC, FLUSH, INIT = 3, 4, 14, 15, 16, 17, 18, 20, 25, 26
FORGET, INTERRUPT, BATCH_FORGET = 2, 36, 42
ASYNC_READ, BIG_WRITES, MAX_PAGES = 1, 1 << 5, 1 << 22
MOST = 1 << 20
ENOSYS, ENODEV = 38, 19
HEAD = struct.Struct('<IIQQIIII')
libc = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2


def attributes(disk):
    size = os.fstat(disk).st_size
    mode = stat.S_IFREG | 0o600
    return struct.pack('<QQQQQQIIIIIIIIII', 1, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


class Log:
    def __init__(self, path):
        self.index = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.data = os.open(path + '.data', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def add(self, where, data):
        os.write(self.data, data)
        os.write(self.index, struct.pack('<qqq', time.monotonic_ns(), where, len(data)))


def write_all(disk, data, where):
    while data:
        done = os.pwrite(disk, data, where)
        data, where = data[done:], where + done


def answer(kind, body, disk, log):
    """What the kernel is told: bytes, or the number of an error."""
    if kind == INIT:
        major, minor, readahead, _ = struct.unpack_from('<IIII', body)
        flags = ASYNC_READ | BIG_WRITES | MAX_PAGES
        return struct.pack('<IIIIHHIIHHII24x', 7, min(minor, 31), readahead, flags, 16, 12, MOST, 1, MOST // 4096, 0, 0, 0)
    if kind in (GETATTR, SETATTR):
        return struct.pack('<QII', 3600, 0, 0) + attributes(disk)
    if kind == OPEN:
        return struct.pack('<QII', 1, 2, 0)  # what is cached stays so
    if kind == READ:
        _, where, size = struct.unpack_from('<QQI', body)
        return os.pread(disk, size, where)
    if kind == WRITE:
        _, where, size = struct.unpack_from('<QQI', body)
        data = body[40:40 + size]
        write_all(disk, data, where)
        log.add(where, data)
        return struct.pack('<II', size, 0)
    if kind == FSYNC:
        log.add(-1, b'')
        return b''
    if kind in (FLUSH, RELEASE):
        return b''
    if kind == STATFS:
        return struct.pack('<QQQQQIIII24x', 0, 0, 0, 0, 0, 4096, 255, 4096, 0)
    return ENOSYS


def serve(device, disk, log):
    while True:
        ready, _, _ = select.select([device, 0], [], [])
        if 0 in ready and not os.read(0, 1):
            return
        if device not in ready:
            continue
        try:
            request = os.read(device, MOST + 4096)
        except OSError as error:
            if error.errno == ENODEV:
                return
            raise
        _, kind, number = HEAD.unpack_from(request)[:3]
        if kind in (FORGET, BATCH_FORGET, INTERRUPT):
            continue
        said = answer(kind, request[HEAD.size:], disk, log)
        error, said = (-said, b'') if isinstance(said, int) else (0, said)
        os.write(device, struct.pack('<IiQ', 16 + len(said), error, number) + said)


def main(place, path, log_path):
    disk = os.open(path, os.O_RDWR)
    device = os.open('/dev/fuse', os.O_RDWR)
    options = 'fd=%d,rootmode=100000,user_id=0,group_id=0' % device
    if libc.mount(b'logged-disk', place.encode(), b'fuse', 6, options.encode()):
        raise OSError(ctypes.get_errno(), 'mount', place)
    print('ready', flush=True)
    try:
        serve(device, disk, Log(log_path))
    finally:
        libc.umount2(place.encode(), MNT_DETACH)


main(*sys.argv[1:])
