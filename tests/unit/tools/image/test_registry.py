"""A push by ECR's own API uploads what is missing, once, and takes what is there for done."""

import hashlib

import pytest
from botocore.exceptions import ClientError

from modeldelivery.release.errors import DeliveryError
from tools.image.archive import Blob, Image, Layer
from tools.image.errors import ImageError
from tools.image.registry import put

PART = 4  # bytes


class Registry:
    """ECR, one repository, by content."""

    def __init__(self):
        self.layers, self.images, self.uploads, self.refuses = {}, {}, {}, None

    def batch_check_layer_availability(self, *, repositoryName, layerDigests):  # noqa: N803
        assert repositoryName == "flights-staging"
        if self.refuses:
            raise refusal(self.refuses)
        return {
            "layers": [
                {"layerDigest": each, "layerAvailability": "AVAILABLE"}
                for each in layerDigests
                if each in self.layers
            ],
            "failures": [],
        }

    def initiate_layer_upload(self, **_):
        self.uploads[key := str(len(self.uploads))] = b""
        return {"uploadId": key, "partSize": PART}

    def upload_layer_part(self, *, uploadId, partFirstByte, partLastByte, layerPartBlob, **_):  # noqa: N803
        assert partFirstByte == len(self.uploads[uploadId])
        assert partLastByte - partFirstByte + 1 == len(layerPartBlob) <= PART
        self.uploads[uploadId] += layerPartBlob
        return {}

    def complete_layer_upload(self, *, uploadId, layerDigests, **_):  # noqa: N803
        data = self.uploads[uploadId]
        (digest,) = layerDigests
        assert digest == sha(data)
        if digest in self.layers:
            raise refusal("LayerAlreadyExistsException")
        self.layers[digest] = data
        return {}

    def put_image(self, *, imageManifest, imageDigest, imageTag, **_):  # noqa: N803
        assert imageDigest == sha(imageManifest.encode())
        if imageDigest in self.images:
            raise refusal("ImageAlreadyExistsException")
        self.images[imageDigest] = imageTag
        return {}


def refusal(code):
    answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, "Call")


def sha(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture
def image(tmp_path):
    def blob(data):
        path = tmp_path / sha(data)
        path.write_bytes(data)
        return Blob(sha(data), len(data), path)

    return Image(blob(b"{}"), {}, "linux/amd64", (Layer(blob(b"0123456789"), {}), Layer(blob(b"ab"), {})))


def test_layers_and_configuration_arrive_in_parts_and_the_manifest_last(image):
    registry = Registry()
    put(registry, "flights-staging", image)
    assert sorted(registry.layers.values()) == [b"0123456789", b"ab", b"{}"]
    assert registry.images == {image.digest: image.digest.removeprefix("sha256:")[:12]}


def test_a_push_of_what_is_there_uploads_nothing_and_succeeds(image):
    registry = Registry()
    put(registry, "flights-staging", image)
    uploads = len(registry.uploads)
    put(registry, "flights-staging", image)
    assert len(registry.uploads) == uploads


def test_a_layer_that_another_push_brought_meanwhile_is_taken_for_done(image, monkeypatch):
    registry = Registry()
    put(registry, "flights-staging", image)
    registry.images.clear()
    monkeypatch.setattr(
        registry, "batch_check_layer_availability", lambda **_: {"layers": [], "failures": []}, raising=True
    )
    put(registry, "flights-staging", image)
    assert image.digest in registry.images


def test_a_repository_that_is_not_there_says_what_makes_it(image):
    registry = Registry()
    registry.refuses = "RepositoryNotFoundException"
    with pytest.raises(ImageError, match="no repository flights-staging: `pulumi up` makes it"):
        put(registry, "flights-staging", image)


@pytest.mark.parametrize("code", ["InvalidParameterException", "AccessDeniedException"])
def test_what_ecr_refuses_otherwise_is_its_own_sentence(image, code):
    registry = Registry()
    registry.refuses = code
    with pytest.raises(DeliveryError, match="flights-staging"):
        put(registry, "flights-staging", image)
