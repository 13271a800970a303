import gzip
import io
import json
import lzma
import tarfile

import pytest

from sandbox.image.build import Blobs, digest_of
from sandbox.image.saved import SavedImageError, load

LAYER = b"a layer" * 100
PACKED = gzip.compress(LAYER)
CONFIG = {"os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest_of(LAYER)]}}
MANIFEST = [{"Config": "config.json", "RepoTags": ["a:1"], "Layers": ["layer.tar"]}]


@pytest.fixture
def saved(tmp_path):
    """Loads an archive of these files; a None leaves one out."""

    def loaded(manifest=MANIFEST, config=CONFIG, layer=LAYER, pack=bytes):
        files = {
            "manifest.json": manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode(),
            "config.json": config if isinstance(config, bytes) else json.dumps(config).encode(),
            "layer.tar": layer,
        }
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, data in files.items():
                if data is not None:
                    entry = tarfile.TarInfo(name)
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))
        path = tmp_path / "image.tar"
        path.write_bytes(pack(buffer.getvalue()))
        return load(path, Blobs(tmp_path / "blobs"))

    return loaded


def test_an_image_is_the_same_whether_its_layers_were_packed(saved):
    assert saved(layer=gzip.compress(LAYER, 1, mtime=0)) == saved()


def test_a_layer_that_stands_twice_is_loaded_twice(saved):
    twice = {"rootfs": {"diff_ids": [digest_of(LAYER)] * 2}}
    image = saved(manifest=[MANIFEST[0] | {"Layers": ["layer.tar", "layer.tar"]}], config=twice)
    assert len(json.loads(image.manifest)["layers"]) == 2


@pytest.mark.parametrize(
    "layer",
    [
        PACKED[:2],
        PACKED[:-12],
        PACKED[:20] + b"\xff" * 8 + PACKED[28:],
        PACKED[:-8] + bytes(8),
        PACKED + b"x",
    ],
    ids=["head", "cut off", "changed", "another checksum", "more after it"],
)
def test_a_damaged_layer_is_named(saved, layer):
    with pytest.raises(SavedImageError, match=r"^its layer layer\.tar is damaged: "):
        saved(layer=layer)


@pytest.mark.parametrize(
    "config",
    [b"[]", b"5", b"null", b"", b"{", b"\xff", {}, {"rootfs": []}, {"rootfs": {"diff_ids": 1}}],
)
def test_a_configuration_that_is_none_is_refused(saved, config):
    with pytest.raises(SavedImageError, match=r"^its configuration is none of an image: "):
        saved(config=config)


@pytest.mark.parametrize("count", [0, 2])
def test_a_file_of_another_number_of_images_is_told_how_many(saved, count):
    with pytest.raises(SavedImageError, match=f"^it holds {count} images: save one by its name$"):
        saved(manifest=MANIFEST * count)


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{}",
        b"null",
        b"[1]",
        b"\xff",
        [{}],
        [{"Config": 1, "Layers": []}],
        [{"Config": "c", "Layers": "l"}],
    ],
)
def test_a_manifest_that_is_none_is_refused(saved, manifest):
    with pytest.raises(SavedImageError, match=r"^it is no image that Docker saved: "):
        saved(manifest=manifest)


def test_a_file_that_the_archive_lacks_is_named(saved):
    with pytest.raises(SavedImageError, match=r"it lacks layer\.tar$"):
        saved(layer=None)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
@pytest.mark.parametrize("at", [0, 1, 20, 60, 100])
def test_a_damaged_archive_is_refused(saved, pack, at):
    with pytest.raises(SavedImageError, match=r"^it is no image that Docker saved: "):
        saved(pack=lambda data: pack(data)[:at])
    with pytest.raises(SavedImageError, match=r"^it is no image that Docker saved: "):
        saved(pack=lambda data: pack(data)[:at] + b"\xff" * 20 + pack(data)[at + 20 :])
