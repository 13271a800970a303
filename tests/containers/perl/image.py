"""An image of another tool's kind, as `docker save` writes it: perl with its libraries, its own root, two layers."""

import hashlib
import io
import json
import platform
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

PERL = Path("/usr/bin/perl")
HERE = Path(__file__).parent
_MODULES = Path("/usr/lib/x86_64-linux-gnu/perl-base")
NEEDED = pytest.mark.skipif(
    platform.machine() != "x86_64" or not PERL.exists(),
    reason="the image is made of this machine's own perl",
)


def saved(path, **config):
    """Write the archive; `config` changes what the image says of its process."""
    base = _layer([*_perl(), *_etc()])
    top = _layer([("srv/serve.pl", (HERE / "serve.pl").read_bytes(), 0o644), ("srv/.wh.old.pl", b"", 0o644)])
    usual = {
        "Entrypoint": ["/usr/bin/perl", "/srv/serve.pl"],
        "Cmd": ["train"],
        "Env": ["PATH=/usr/bin", "GREETING=hello", f"PERL5LIB={_MODULES}", f"OF_THE_MACHINE={HERE}"],
        "User": "server",
        "WorkingDir": "/srv",
        "Labels": {"maintainer": "someone else"},
    }
    image = {
        "architecture": "amd64",
        "os": "linux",
        "config": usual | config,
        "rootfs": {"type": "layers", "diff_ids": [_digest(base), _digest(top)]},
    }
    files = {"config.json": json.dumps(image).encode(), "base/layer.tar": base, "top/layer.tar": top}
    files["manifest.json"] = json.dumps(
        [{"Config": "config.json", "RepoTags": ["perl:1"], "Layers": ["base/layer.tar", "top/layer.tar"]}]
    ).encode()
    path.write_bytes(_layer([(name, data, 0o644) for name, data in files.items()]))
    return path


def _perl():
    """perl, what it is linked with, and its small library."""
    linked = subprocess.run(["ldd", PERL], capture_output=True, text=True, check=True).stdout
    for name in {str(PERL), *re.findall(r"(/\S+) \(0x", linked)}:
        yield name.lstrip("/"), Path(name).read_bytes(), 0o755
    for file in sorted(_MODULES.rglob("*")):
        if file.is_file():
            yield str(file).lstrip("/"), file.read_bytes(), 0o644


def _etc():
    yield "etc/passwd", b"root:x:0:0::/:/bin/sh\nserver:x:4242:4343::/:/bin/false\n", 0o644
    yield "etc/group", b"root:x:0:\nserver:x:4343:\n", 0o644
    yield "srv/old.pl", b"die", 0o644


def _layer(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data, mode in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()
