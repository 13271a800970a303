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
import select
import signal
import socket
import struct
import sys
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2
_SYS_PIVOT_ROOT = 155  # on x86_64, the one platform whose images are taken
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
        network, files = spec["network"], spec["files"]
        if network or files:
            _unshare(network=network, files=bool(files), with_user=spec["with_user"])
        if network:
            _raise_loopback()
            if spec["door"]:
                _open_door(spec["door"], report_fd)
        if files:
            _own_files(files, spec["parent"])
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


def _unshare(*, network: bool, files: bool, with_user: bool) -> None:
    """Namespaces of its own: a network with nothing but loopback, mounts. Without root they take a user namespace as well."""
    user, group = os.getuid(), os.getgid()
    kinds = (_CLONE_NEWNET if network else 0) | (_CLONE_NEWNS if files else 0)
    _call("unshare", kinds | (_CLONE_NEWUSER if with_user else 0))
    if with_user:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - pathlib costs a third of this start
                file.write(text)


def _raise_loopback() -> None:
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _own_files(files: dict[str, Any], parent: int) -> None:
    """Another root, with nothing of the old one left but what is mounted; then the image's user."""
    root = files["root"]
    _call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    _call("mount", os.fsencode(root), os.fsencode(root), None, _MS_BIND | _MS_REC, None)
    for source, target in [["/proc", f"{root}/proc"], ["/dev", f"{root}/dev"], *files["mounts"]]:
        _call("mount", os.fsencode(source), os.fsencode(target), None, _MS_BIND | _MS_REC, None)
    os.chdir(root)
    _call("syscall", _SYS_PIVOT_ROOT, b".", b".")  # the old root lies on the new one: pivot_root(2)
    _call("umount2", b".", _MNT_DETACH)
    os.chdir("/")
    if files["user"]:
        user, group = files["user"]
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
        _die_with_parent(parent)  # the kernel forgets it when ids change


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
    # A program that became another user may not send this child the signal that the line before asks for (prctl(2)).
    ended = os.pidfd_open(program)
    while True:
        if ended in select.select([listener.fileno(), ended], [], [])[0]:
            os._exit(0)
        caller, _ = listener.accept()
        with caller, socket.socket() as inside:
            try:
                socket.send_fds(caller, [b"."], [inside.fileno()])
            except OSError as error:  # the caller is gone already
                if error.errno not in {errno.EPIPE, errno.ECONNRESET}:
                    raise


def _call(name: str, *arguments: Any) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
