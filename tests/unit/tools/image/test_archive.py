"""An image's digest is its content's alone, whatever engine saved it, when and on which machine."""

import io
import json
import tarfile

import pytest

from tools.image.archive import MANIFEST, configuration, differences, normalised, write
from tools.image.errors import ImageError

SETTINGS = {"User": "10001:10001", "Entrypoint": ["python"], "Labels": {"b": "2", "a": "1"}, "Volumes": {}}


def layer(files, mtime=0, **owner):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), mtime
            for key, value in owner.items():
                setattr(entry, key, value)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def saved(path, layers, **config):
    given = {
        "architecture": "amd64",
        "os": "linux",
        "config": SETTINGS,
        "history": [{"created_by": "COPY"}],
    } | config
    names = [f"{n}/layer.tar" for n in range(len(layers))]
    files = {
        "config.json": json.dumps(given).encode(),
        "manifest.json": json.dumps([{"Config": "config.json", "Layers": names}]).encode(),
        **dict(zip(names, layers, strict=True)),
    }
    path.write_bytes(layer(files))
    return path


@pytest.fixture
def image(tmp_path):
    """Normalises an archive of these layers."""
    (tmp_path / "blobs").mkdir()
    kept = {}

    def made(*layers, **config):
        return normalised(saved(tmp_path / "saved.tar", layers, **config), tmp_path / "blobs", kept)

    return made


def test_neither_time_nor_the_machine_nor_the_engine_has_a_part_in_the_digest(image):
    files = {"opt/a": b"1", "opt/b": b"2"}
    one = image(layer(files, mtime=1, uname="root"), created="2026-01-01T00:00:00Z", container="x")
    engines = {**SETTINGS, "Hostname": "vm", "Labels": {**SETTINGS["Labels"], "io.buildah.version": "1.28"}}
    history = [{"created_by": "COPY", "created": "2026-01-02T00:00:00Z", "comment": "FROM x"}]
    other = image(layer(files, mtime=2, uname="me"), config=engines, history=history)
    assert one.digest == other.digest
    assert differences(one, other) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"files": {"opt/a": b"2"}}, "/opt/a"),
        ({"files": {"opt/a": b"1", "opt/more": b""}}, "/opt/more"),
        ({"mode": 0o600}, "/opt/a"),
        ({"uid": 10001}, "/opt/a"),
    ],
)
def test_what_differs_between_two_builds_is_named(image, change, name):
    files = change.pop("files", {"opt/a": b"1"})
    one, other = image(layer({"opt/a": b"1"})), image(layer(files, **change))
    assert one.digest != other.digest
    assert differences(one, other) == [name]


def test_another_setting_is_another_image(image):
    one = image(layer({"a": b""}))
    other = image(layer({"a": b""}), config={**SETTINGS, "User": "0"})
    assert one.digest != other.digest
    assert differences(one, other) == ["configuration, or order of files"]


def test_what_a_running_container_left_is_in_no_layer(image):
    """A secret's mount point, a resolver, a temporary file: each engine leaves other ones."""
    left = {"run/secrets/pip": b"password", "tmp/x": b"", "proc/1": b"", "opt/a": b"1"}
    assert image(layer(left)).digest == image(layer({"opt/a": b"1"})).digest


def test_the_manifest_is_the_one_that_sagemaker_takes(image):
    manifest = json.loads(image(layer({"a": b""})).manifest)
    assert (manifest["schemaVersion"], manifest["mediaType"]) == (2, MANIFEST)
    assert manifest["layers"][0]["mediaType"] == "application/vnd.docker.image.rootfs.diff.tar.gzip"


def test_an_image_that_is_written_and_read_again_is_the_same(image, tmp_path):
    """What an engine loads and runs is what is pushed."""
    one = image(layer({"a": b"1"}), layer({"b": b"2"}))
    write(one, tmp_path / "written.tar")
    assert normalised(tmp_path / "written.tar", tmp_path / "blobs", {}).digest == one.digest


def test_a_layer_that_two_images_share_is_compressed_once(image):
    base = layer({"base": b"x"})
    one, other = image(base, layer({"a": b"1"})), image(base, layer({"b": b"1"}))
    assert one.layers[0] is other.layers[0]


def test_links_and_extended_attributes_are_kept(image):
    def linked(target, attribute):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
            entry = tarfile.TarInfo("link")
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            entry.pax_headers = {"SCHILY.xattr.security.capability": attribute, "mtime": "1.5"}
            tar.addfile(entry)
        return image(buffer.getvalue()).digest

    assert len({linked("a", "1"), linked("b", "1"), linked("a", "2")}) == 3


def test_a_configuration_without_labels_or_settings_is_one_all_the_same():
    assert configuration({"architecture": "amd64", "os": "linux", "config": None}, [])["config"] == {}


def test_an_archive_that_is_none_is_refused_by_its_name(tmp_path):
    path = tmp_path / "none.tar"
    path.write_bytes(b"no archive")
    with pytest.raises(ImageError, match=r"none\.tar: no archive of one image"):
        normalised(path, tmp_path, {})
