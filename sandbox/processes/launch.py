"""The new process's own part of a start: `python -IS launch.py SPEC_FD REPORT_FD`, which then becomes the program.

SPEC_FD holds JSON, sandbox.processes.runner writes it. REPORT_FD gets a sentence when the program cannot be started;
it closes without one when the program runs. Only the standard library is at hand: this starts many times.
"""

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1
_CORES = 0  # bytes: a core dump of a model server helps nobody here


def main() -> None:
    spec_fd, report_fd = int(sys.argv[1]), int(sys.argv[2])
    for number in (spec_fd, report_fd):
        os.set_inheritable(number, False)  # noqa: FBT003 - it takes no names
    with os.fdopen(spec_fd) as file:
        spec = json.load(file)
    try:
        _die_with_parent(spec["parent"])
        _limit(spec)
        if spec["level"] != "none":
            _own_network(with_user=spec["level"] == "user-namespaces")
            if spec["door"]:
                _open_door(spec["door"], report_fd)
        os.chdir(spec["folder"])
        os.execvpe(spec["argv"][0], spec["argv"], spec["environment"])  # noqa: S606 - no shell is wanted
    except OSError as error:
        where = f": {os.fsdecode(error.filename)}" if error.filename else ""
        os.write(report_fd, f"{error.strerror}{where}".encode())
    except Exception as error:  # noqa: BLE001 - whoever started it must hear of whatever it is
        os.write(report_fd, repr(error).encode())
    sys.exit(127)


def _die_with_parent(parent: int) -> None:
    if sys.platform != "linux":
        return  # sandbox.processes.keeper ends it
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:  # it died before this took effect
        sys.exit(1)


def _limit(spec: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (_CORES, _CORES))
    if spec["open_files"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (spec["open_files"], spec["open_files"]))
    if seconds := spec["cpu_seconds"]:
        # SIGXCPU at the first, which tells why it ended; SIGKILL at the second for whoever ignores that.
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _own_network(*, with_user: bool) -> None:
    """A network namespace with nothing but loopback. Without root it takes a user namespace as well."""
    user, group = os.getuid(), os.getgid()
    _call("unshare", _CLONE_NEWNET | (_CLONE_NEWUSER if with_user else 0))
    if with_user:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - pathlib costs a third of this start
                file.write(text)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _open_door(path: str, report_fd: int) -> None:
    """Leave a child in this network that hands sockets of it out: whoever gets one can connect to the program."""
    folder, _, name = path.rpartition("/")
    os.chdir(folder)  # an address has 107 bytes at most, a path more
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen()
    program = os.getpid()
    if os.fork():
        listener.close()
        return
    os.close(report_fd)
    _die_with_parent(program)
    while True:
        caller, _ = listener.accept()
        with caller, socket.socket() as inside:
            try:
                socket.send_fds(caller, [b"."], [inside.fileno()])
            except OSError as error:  # the caller is gone already
                if error.errno not in {errno.EPIPE, errno.ECONNRESET}:
                    raise


def _call(name: str, *arguments: int) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
