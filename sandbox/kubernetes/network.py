"""The network namespace that the whole cluster is in.

Sockets stay in the namespace in which they were made. So a socket that listens on 127.0.0.1 before `enter` can be handed to
a process inside, and whoever connects to it from outside is served from within, by no relay.
"""

import ctypes
import fcntl
import os
import socket
import struct

from sandbox.home import SandboxError
from sandbox.kubernetes.layout import ADDRESS, PREFIX

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SIOCSIFADDR, _SIOCSIFFLAGS, _SIOCSIFNETMASK = 0x8916, 0x8914, 0x891C
_IFF_UP = 0x1
_ALIAS = b"lo:1"  # beside 127.0.0.1


def enter() -> None:
    """Leave this process's network for an empty one, before it has a second thread; without root in a user namespace too.

    Raises:
        SandboxError: this machine allows neither.
    """
    user, group = os.geteuid(), os.getegid()
    kinds = _CLONE_NEWNET if user == 0 else _CLONE_NEWNET | _CLONE_NEWUSER
    if getattr(ctypes.CDLL(None, use_errno=True), "unshare")(kinds):  # noqa: B009 - a name of libc's
        why = os.strerror(ctypes.get_errno())
        raise SandboxError(
            f"this machine gives no network namespace ({why}): the cluster takes Linux, as root or with user namespaces"
        )
    if user != 0:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - not a file of ours: no buffer may be split
                file.write(text)
    mask = ".".join(str((0xFFFFFFFF << (32 - PREFIX) >> shift) & 0xFF) for shift in (24, 16, 8, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
        for request, address in ((_SIOCSIFADDR, ADDRESS), (_SIOCSIFNETMASK, mask)):
            family_port = struct.pack("Hh", socket.AF_INET, 0)
            fcntl.ioctl(
                any_socket,
                request,
                struct.pack("16s", _ALIAS) + family_port + socket.inet_aton(address) + bytes(8),
            )
