"""An image in another account's repository is the very same bytes, or it is not there."""

import hashlib
import json

import pytest

from tests.unit.tools.image.test_registry import Registry, sha
from tools.image.archive import MANIFEST
from tools.image.copy import copy
from tools.image.errors import ImageError

CONFIG, LAYERS = b"{}", (b"0123456789", b"ab")


class Source:
    """ECR with one image, whose layers come by URLs of files."""

    def __init__(self, folder):
        self.folder, self.fetched = folder, []
        for data in (CONFIG, *LAYERS):
            (folder / hashlib.sha256(data).hexdigest()).write_bytes(data)
        self.manifest = json.dumps(
            {"config": {"digest": sha(CONFIG)}, "layers": [{"digest": sha(data)} for data in LAYERS]},
            indent=3,
        )

    @property
    def digest(self):
        return sha(self.manifest.encode())

    def batch_get_image(self, *, repositoryName, imageIds, acceptedMediaTypes):  # noqa: N803
        assert (repositoryName, acceptedMediaTypes) == ("flights-staging", [MANIFEST])
        there = imageIds == [{"imageDigest": self.digest}]
        return {"images": [{"imageManifest": self.manifest}] if there else []}

    def get_download_url_for_layer(self, *, repositoryName, layerDigest):  # noqa: N803
        assert repositoryName == "flights-staging"
        self.fetched.append(layerDigest)
        return {"downloadUrl": (self.folder / layerDigest.removeprefix("sha256:")).as_uri()}


class Target(Registry):
    """ECR that keeps the manifests' bytes."""

    def __init__(self):
        super().__init__()
        self.manifests = {}

    def put_image(self, *, imageManifest, **rest):  # noqa: N803
        self.manifests[sha(imageManifest.encode())] = imageManifest
        return super().put_image(imageManifest=imageManifest, **rest)

    def batch_check_layer_availability(self, *, repositoryName, layerDigests):  # noqa: N803
        assert repositoryName == "flights-prod"
        return super().batch_check_layer_availability(
            repositoryName="flights-staging", layerDigests=layerDigests
        )


@pytest.fixture
def source(tmp_path):
    return Source(tmp_path)


def copied(source, target):
    copy(source, "flights-staging", source.digest, target, "flights-prod")


def test_the_copy_has_the_manifests_very_bytes_and_all_that_it_names(source):
    target = Target()
    copied(source, target)
    assert target.manifests == {source.digest: source.manifest}
    assert sorted(target.layers.values()) == sorted((CONFIG, *LAYERS))


def test_what_is_there_is_not_fetched_again(source):
    target = Target()
    copied(source, target)
    source.fetched.clear()
    copied(source, target)
    assert source.fetched == []


def test_layers_that_come_down_otherwise_make_no_image(source, tmp_path):
    (tmp_path / hashlib.sha256(LAYERS[0]).hexdigest()).write_bytes(b"others")
    target = Target()
    with pytest.raises(ImageError, match=f"what came down as {sha(LAYERS[0])} is {sha(b'others')}"):
        copied(source, target)
    assert target.images == {}


def test_a_manifest_that_comes_down_otherwise_is_refused(source):
    digest = source.digest
    source.batch_get_image = lambda **_: {"images": [{"imageManifest": "{}"}]}
    with pytest.raises(ImageError, match=f"what came down as {digest}"):
        copy(source, "flights-staging", digest, Target(), "flights-prod")


def test_an_image_that_is_not_there_is_told(source):
    with pytest.raises(ImageError, match="flights-staging has no image sha256:0"):
        copy(source, "flights-staging", "sha256:0", Target(), "flights-prod")
