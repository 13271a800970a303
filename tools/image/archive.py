"""An image that an engine saved, made what its sources alone decide: no times, no names of machines or recorded.

Engines differ in what they let be fixed, and in how they compress: the digest is therefore computed here, and what is run and
pushed is what has it. Docker's manifest of schema 2, since SageMaker refuses OCI's.
Source: https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
"""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tools.image.errors import ImageError

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_EPOCH = "1970-01-01T00:00:00Z"
# What a Dockerfile says; an engine adds the names of its containers.
_SETTINGS = (
    *("Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "Labels", "StopSignal", "User", "Volumes"),
    *("WorkingDir", "Shell"),
)
_ENGINES_LABEL = "io.buildah.version"
# Of a running container, not of an image: whatever is in them was mounted, or is left over.
_RUNTIME = ("dev/", "proc/", "run/", "sys/", "tmp/")
_CHUNK = 1 << 20
_LEVEL = 6  # of gzip's: zlib's own default

Members = dict[str, str]  # of a layer: what each name is, in one word that changes with it


@dataclass(frozen=True)
class Blob:
    """A file by its digest."""

    digest: str  # "sha256:…"
    size: int
    path: Path


@dataclass(frozen=True)
class Layer:
    """A layer, compressed, and what is in it."""

    blob: Blob
    members: Members


@dataclass(frozen=True)
class Image:
    """An image as it is pushed."""

    config: Blob
    settings: dict[str, Any]  # User, Env, Entrypoint, Labels, Healthcheck, … as its configuration names them
    platform: str
    layers: tuple[Layer, ...]  # the lowest first

    @property
    def manifest(self) -> str:
        """Docker's, schema 2."""
        layers = [_descriptor(LAYER, layer.blob) for layer in self.layers]
        return _encoded(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": _descriptor(CONFIG, self.config),
                "layers": layers,
            }
        ).decode()

    @property
    def digest(self) -> str:
        """As a registry computes it."""
        return _sha256(self.manifest.encode())

    @property
    def size(self) -> int:
        """Bytes that whoever pulls it downloads."""
        return sum(layer.blob.size for layer in self.layers)


def normalised(saved: Path, folder: Path, layers: MutableMapping[str, Layer]) -> Image:
    """Of what `docker save` or `buildah push docker-archive:` wrote.

    Args:
        saved: the archive, of one image.
        folder: where blobs are kept, by digest.
        layers: those that were compressed before, by the digest of the plain layer; new ones are added.

    Raises:
        ImageError: it is no such archive.
    """
    try:
        with tarfile.open(saved) as outer:
            (entry,) = json.loads(_file(outer, "manifest.json").read())
            recorded = json.loads(_file(outer, entry["Config"]).read())
            pairs = [_layer(_file(outer, name), folder, layers) for name in entry["Layers"]]
    except (tarfile.TarError, KeyError, ValueError, OSError) as error:
        raise ImageError(f"{saved}: no archive of one image, as `docker save` writes it: {error}") from error
    config = configuration(recorded, [plain for plain, _ in pairs])
    blob = _kept(_encoded(config), folder)
    platform = f"{config['os']}/{config['architecture']}"
    return Image(blob, config["config"], platform, tuple(layer for _, layer in pairs))


def configuration(recorded: dict[str, Any], layers: list[str]) -> dict[str, Any]:
    """An engine's configuration, less what tells of the engine and of the hour."""
    settings = {
        name: value for name, value in (recorded.get("config") or {}).items() if name in _SETTINGS and value
    }
    if labels := settings.get("Labels"):
        settings["Labels"] = {name: labels[name] for name in sorted(labels) if name != _ENGINES_LABEL}
    return {
        "architecture": recorded["architecture"],
        "os": recorded["os"],
        "created": _EPOCH,
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": layers},
        "history": [
            {"created": _EPOCH, "created_by": step.get("created_by", "")}
            | ({"empty_layer": True} if step.get("empty_layer") else {})
            for step in recorded.get("history", [])
        ],
    }


def write(image: Image, path: Path) -> None:
    """Write the archive that `docker load` reads."""
    layers = [f"{layer.blob.digest.removeprefix('sha256:')}.tar.gz" for layer in image.layers]
    config = f"{image.config.digest.removeprefix('sha256:')}.json"
    manifest = _encoded([{"Config": config, "RepoTags": [], "Layers": layers}])
    with tarfile.open(path, "w") as tar:
        tar.add(image.config.path, config)
        for name, layer in zip(layers, image.layers, strict=True):
            if name not in tar.getnames():
                tar.add(layer.blob.path, name)
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(manifest)
        tar.addfile(entry, io.BytesIO(manifest))


def differences(one: Image, other: Image) -> list[str]:
    """Names of files that two builds do not agree on; what else differs where no file does."""
    names = [
        f"/{name}"
        for mine, theirs in zip(one.layers, other.layers, strict=False)
        for name in sorted(mine.members.keys() | theirs.members.keys())
        if mine.members.get(name) != theirs.members.get(name)
    ]
    if names or one.digest == other.digest:
        return names
    return [
        "number of layers" if len(one.layers) != len(other.layers) else "configuration, or order of files"
    ]


def _layer(source: IO[bytes], folder: Path, layers: MutableMapping[str, Layer]) -> tuple[str, Layer]:
    """The digest of the plain layer, and the layer."""
    plain = folder / "layer.tar"
    members: Members = {}
    with (
        tarfile.open(fileobj=source, mode="r|*") as tar,
        tarfile.open(plain, "w", format=tarfile.PAX_FORMAT) as out,
    ):
        for entry, content in _entries(tar):
            members[entry.name] = f"{_word(entry)} {hashlib.sha256(content).hexdigest() if content else ''}"
            out.addfile(entry, io.BytesIO(content))
    digest = _digest_of(plain)
    if digest not in layers:
        packed = folder / "layer.tar.gz"
        with (
            plain.open("rb") as data,
            packed.open("wb") as raw,
            gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as gz,
        ):
            shutil.copyfileobj(data, gz, _CHUNK)
        layers[digest] = Layer(_moved(packed, folder), members)
    plain.unlink()
    return digest, layers[digest]


def _entries(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Each member without its time and the names that the building machine has for its owner."""
    for member in tar:
        name = member.name.removeprefix("./")
        if name.startswith(_RUNTIME) or name in {"", "."}:
            continue
        file = tar.extractfile(member) if member.isreg() else None
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.linkname = member.type, member.mode, member.linkname
        entry.uid, entry.gid, entry.size = member.uid, member.gid, member.size if file else 0
        entry.devmajor, entry.devminor = member.devmajor, member.devminor
        entry.pax_headers = {
            key: value for key, value in sorted(member.pax_headers.items()) if key.startswith("SCHILY.xattr.")
        }
        yield entry, file.read() if file else b""


def _word(entry: tarfile.TarInfo) -> str:
    kind = entry.type.decode()
    return (
        f"{kind} {entry.mode:o} {entry.uid}:{entry.gid} {entry.linkname} {sorted(entry.pax_headers.items())}"
    )


def _file(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    file = tar.extractfile(name)
    if file is None:
        raise ImageError(f"its {name} is no file")
    return file


def _kept(data: bytes, folder: Path) -> Blob:
    part = folder / "blob"
    part.write_bytes(data)
    return _moved(part, folder)


def _moved(path: Path, folder: Path) -> Blob:
    digest = _digest_of(path)
    target = folder / digest.removeprefix("sha256:")
    path.replace(target)
    return Blob(digest, target.stat().st_size, target)


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _descriptor(media_type: str, blob: Blob) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}


def _encoded(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
