"""The sandbox runs what another tool built: an image with a file system, an entry point, variables and a user of its own."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.bits import packed
from tests.conftest import ROLES
from tests.containers.perl.image import NEEDED, saved

pytestmark = [
    pytest.mark.faults,
    NEEDED,
]


@pytest.fixture(scope="module")
def push(hosting, tmp_path_factory):
    """`sandbox image --archive` of an image whose configuration says so; its URI."""

    def pushed(**config):
        archive = saved(tmp_path_factory.mktemp("image") / "perl.tar", **config)
        done = hosting.sandbox.run(
            "image", "--profile", "staging", "--repository", "echo", "--archive", str(archive)
        )
        return done.stdout.strip()

    return pushed


@pytest.fixture(scope="module")
def image(push):
    return push()


def served(hosting, image, name, factor=2):
    """An endpoint whose one variant is the image with its model, without a network, as components make it."""
    key = f"{name}/model.tar.gz"
    body = packed({"factor.txt": f"{factor}\n".encode()}, samples=b"")
    hosting.sandbox.client("staging", "s3").put_object(Bucket=hosting.bucket, Key=key, Body=body)
    hosting.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLES["staging"],
        PrimaryContainer={"Image": image, "ModelDataUrl": f"s3://{hosting.bucket}/{key}"},
        EnableNetworkIsolation=True,
    )
    hosting.config(name, {name: 1})
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return hosting.settled(name)


@pytest.fixture(scope="module")
def answer(hosting, image):
    shown = served(hosting, image, "perl")
    assert shown["EndpointStatus"] == "InService", shown.get("FailureReason")
    return hosting.invoke("perl", b"1,2.5")[1]


def test_a_program_in_another_language_answers_with_its_model(answer):
    assert answer["predictions"] == [2, 5]


def test_it_has_the_images_variables_and_runs_as_the_images_user(answer):
    assert (answer["greeting"], answer["user"]) == ("hello", 4242)


def test_it_sees_the_images_files_and_not_the_machines(answer):
    assert answer["sees_machine"] is False


def test_what_one_instance_writes_another_does_not_have(hosting, image, answer):
    assert answer
    (home,) = [
        each for each in (hosting.sandbox.home / "instances").iterdir() if each.name.startswith("perl-perl")
    ]
    (home / "root" / "srv" / "serve.pl").write_text("die")

    shown = served(hosting, image, "second", factor=3)

    assert shown["EndpointStatus"] == "InService", shown.get("FailureReason")
    assert hosting.invoke("second", b"1")[1]["predictions"] == [3]


def test_what_a_higher_layer_takes_away_is_gone(hosting, answer):
    assert answer
    unpacked = [
        each for each in (hosting.sandbox.home / "images" / "layers").iterdir() if (each / "srv").is_dir()
    ]

    assert [sorted(file.name for file in (each / "srv").iterdir()) for each in unpacked] == [["serve.pl"]]


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"Entrypoint": ["/nowhere"]}, "/nowhere cannot be started: No such file or directory"),
        ({"User": "nobody-there"}, "USER nobody-there is not in the image's /etc/passwd"),
    ],
)
def test_an_image_that_cannot_run_fails_the_endpoint_with_the_reason(hosting, push, config, why):
    name = f"bad-{abs(hash(why)) % 10**8}"

    shown = served(hosting, push(**config), name)

    assert (shown["EndpointStatus"], why in shown["FailureReason"]) == ("Failed", True), shown[
        "FailureReason"
    ]


def test_a_file_through_a_link_of_a_layer_is_written_into_the_image(hosting, tmp_path):
    """The link leads to /etc: the image's own, never the machine's."""
    archive = saved(tmp_path / "perl.tar")
    with tarfile.open(archive) as tar:
        files = {name: tar.extractfile(name).read() for name in tar.getnames()}
    files["top/layer.tar"] = _with_link(files["top/layer.tar"], "/etc")
    image = json.loads(files["config.json"])
    image["rootfs"]["diff_ids"][1] = _digest(files["top/layer.tar"])
    files["config.json"] = json.dumps(image).encode()
    _write(archive, files)
    done = hosting.sandbox.run(
        "image", "--profile", "staging", "--repository", "echo", "--archive", str(archive)
    )

    shown = served(hosting, done.stdout.strip(), "linked")

    assert shown["EndpointStatus"] == "InService", shown.get("FailureReason")
    assert not Path("/etc", WRITTEN).exists()
    roots = (hosting.sandbox.home / "images" / "layers").iterdir()
    assert any((root / "etc" / WRITTEN).is_file() for root in roots)


WRITTEN = "written-by-an-image"


def _with_link(layer, target):
    buffer = io.BytesIO(layer)
    with tarfile.open(fileobj=buffer, mode="a") as tar:
        link = tarfile.TarInfo("srv/out")
        link.type, link.linkname = tarfile.SYMTYPE, target
        tar.addfile(link)
        entry = tarfile.TarInfo(f"srv/out/{WRITTEN}")
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    return buffer.getvalue()


def _digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _write(path, files):
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"other.json": b"{}"}, "no image that Docker saved"),
        ({"manifest.json": b"[]"}, "it holds 0 images"),
        ({"manifest.json": b"[{}]"}, "no image that Docker saved"),
        (
            {
                "manifest.json": b'[{"Config": "c", "Layers": ["l"]}]',
                "c": b'{"rootfs": {"diff_ids": ["sha256:0"]}}',
                "l": b"layer",
            },
            "its layers are not those that its configuration names",
        ),
    ],
)
def test_a_file_that_holds_no_image_is_refused_with_what_writes_one(hosting, tmp_path, files, why):
    path = tmp_path / "image.tar"
    _write(path, files)

    done = hosting.sandbox.run(
        "image", "--profile", "staging", "--repository", "echo", "--archive", str(path), check=False
    )

    assert done.returncode != 0
    assert why in done.stderr
    assert "docker save" in done.stderr
