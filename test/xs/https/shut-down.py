"""Shuts down the listening TCP socket of a process at a port, as no program of ours can: PID PORT."""
import ctypes, os, socket, struct, sys

SYS_PIDFD_GETFD = 438
pid, port = int(sys.argv[1]), int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)
process = os.pidfd_open(pid)
shut = 0
for name in os.listdir(f'/proc/{pid}/fd'):
    try:
        if not os.readlink(f'/proc/{pid}/fd/{name}').startswith('socket:'):
            continue
    except OSError:
        continue
    copy = libc.syscall(SYS_PIDFD_GETFD, process, int(name), 0)
    if copy < 0:
        sys.exit(f'pidfd_getfd: {os.strerror(ctypes.get_errno())}')
    try:
        with socket.socket(fileno=copy) as one:
            listens = one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if listens and one.family in (socket.AF_INET, socket.AF_INET6) and one.getsockname()[1] == port:
                one.shutdown(socket.SHUT_RDWR)
                shut += 1
    except OSError:
        continue
sys.exit(0 if shut else 'no such socket')
