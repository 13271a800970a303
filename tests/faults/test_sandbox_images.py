"""CreateModel takes images as SageMaker does: Docker's manifest format, one platform."""

import dataclasses
import hashlib
import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from sandbox.image.build import Blobs
from tests.conftest import ROLES

pytestmark = pytest.mark.faults

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


@pytest.fixture(scope="module")
def pushed(hosting):
    """The manifest that `sandbox image` pushed."""
    repository, _, digest = hosting.image.partition("/")[2].partition("@")
    images = hosting.sandbox.client("staging", "ecr").batch_get_image(
        repositoryName=repository, imageIds=[{"imageDigest": digest}]
    )["images"]
    return json.loads(images[0]["imageManifest"])


@pytest.fixture
def create(hosting):
    """Pushes a manifest and makes a model of it: `create("name", manifest, media_type)`."""

    def made(name, manifest, media_type=None):
        image = hosting.sandbox.client("staging", "ecr").put_image(
            repositoryName="echo",
            imageManifest=json.dumps(manifest),
            imageManifestMediaType=media_type or manifest["mediaType"],
            imageTag=name,
        )["image"]
        digest = image["imageId"]["imageDigest"]
        uri = f"{hosting.image.partition('@')[0]}@{digest}"
        hosting.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=ROLES["staging"], PrimaryContainer={"Image": uri}
        )
        return uri

    return made


def with_config(hosting, manifest, **changes):
    """The same image with another configuration."""
    blobs = Blobs(hosting.sandbox.home / "images" / "blobs")
    config = json.dumps(json.loads(blobs.get(manifest["config"]["digest"])) | changes).encode()
    digest = blobs.put(config)
    return manifest | {"config": manifest["config"] | {"digest": digest, "size": len(config)}}


def test_what_the_sandbox_builds_is_in_dockers_format(pushed):
    kinds = [pushed["mediaType"], pushed["config"]["mediaType"], pushed["layers"][0]["mediaType"]]
    assert kinds == [
        DOCKER,
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
    ]


@pytest.mark.parametrize("media_type", [OCI, INDEX, LIST])
def test_another_manifest_is_refused_in_sagemakers_words(create, pushed, media_type):
    name = media_type.rpartition(".v")[0].rpartition(".")[2]
    manifest = {"schemaVersion": 2, "mediaType": media_type}
    manifest |= {k: pushed[k] for k in ("config", "layers")} if media_type == OCI else {"manifests": [pushed]}
    with pytest.raises(ClientError) as refused:
        create(name, manifest)
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert f"Unsupported manifest media type {media_type} for image 111111111111.dkr" in error["Message"]
    assert error["Message"].endswith("Ensure that valid manifest media type is used for specified image.")


def test_a_digest_is_that_of_the_manifest_and_another_is_refused(hosting, create, pushed):
    manifest = pushed | {"annotations": {"any": "thing"}}
    named = create("named", manifest).rpartition("@")[2]
    assert named == "sha256:" + hashlib.sha256(json.dumps(manifest).encode()).hexdigest()
    with pytest.raises(ClientError, match="ImageDigestDoesNotMatchException"):
        hosting.sandbox.client("staging", "ecr").put_image(
            repositoryName="echo",
            imageManifest=json.dumps(manifest),
            imageDigest=f"sha256:{'0' * 64}",
            imageTag="other",
        )


def test_a_manifest_that_leaves_its_type_to_the_push_is_judged_by_it(create, pushed):
    manifest = {key: value for key, value in pushed.items() if key != "mediaType"}
    with pytest.raises(ClientError, match="Unsupported manifest media type"):
        create("untyped", manifest, OCI)


@pytest.mark.parametrize(
    ("changes", "platform"),
    [({"architecture": "arm64"}, "linux/arm64"), ({"os": "windows"}, "windows/amd64")],
)
def test_another_platform_is_refused(hosting, create, pushed, changes, platform):
    with pytest.raises(ClientError, match=f"Unsupported platform {platform} of image .*: build it for linux"):
        create(platform.replace("/", "-"), with_config(hosting, pushed, **changes))


def test_an_image_of_several_layers_that_says_it_was_built_here_is_refused(create, pushed):
    with pytest.raises(ClientError, match="`sandbox image` builds images of one layer"):
        create("layers", pushed | {"layers": pushed["layers"] * 2})


def test_a_digest_that_is_a_path_is_refused(create, pushed):
    layers = [pushed["layers"][0] | {"digest": "sha256:../../../etc/passwd"}]
    with pytest.raises(ClientError, match="is no digest: sha256: and 64"):
        create("path", pushed | {"layers": layers})


def test_a_blob_that_nobody_pushed_is_named(create, pushed):
    config = pushed["config"] | {"digest": f"sha256:{'0' * 64}"}
    with pytest.raises(ClientError, match=r"image blob sha256:0+ is not in this sandbox"):
        create("blob", pushed | {"config": config})


def test_a_blob_is_downloaded_by_the_url_that_ecr_gives(hosting, pushed):
    with urllib.request.urlopen(url_of(hosting, pushed["config"]["digest"]), timeout=300) as answer:  # noqa: S310 - loopback
        config = answer.read()

    assert f"sha256:{hashlib.sha256(config).hexdigest()}" == pushed["config"]["digest"]


def test_a_url_is_good_for_the_blob_that_it_was_made_for_alone(hosting, pushed):
    url = url_of(hosting, pushed["config"]["digest"])
    other = url.replace(pushed["config"]["digest"], pushed["layers"][0]["digest"])

    for forged in (other, url[:-1] + ("0" if url[-1] != "0" else "1"), url.partition("?")[0]):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(forged, timeout=300)  # noqa: S310 - as above


def test_a_layer_of_no_image_in_the_repository_has_no_url(hosting):
    with pytest.raises(ClientError, match="LayersNotFoundException"):
        url_of(hosting, f"sha256:{'f' * 64}")


def url_of(hosting, digest):
    ecr = hosting.sandbox.client("staging", "ecr")
    return ecr.get_download_url_for_layer(repositoryName="echo", layerDigest=digest)["downloadUrl"]


def test_the_image_as_it_was_built_is_taken(hosting, create, pushed):
    assert create("again", with_config(hosting, pushed, comment="another digest"))


def test_layers_that_arrive_by_ecrs_own_api_are_an_image_that_serves(hosting, pushed):
    """As a builder without an engine's log-in pushes; what Docker's own push ends in as well."""
    ecr = hosting.sandbox.client("staging", "ecr")
    blobs = Blobs(hosting.sandbox.home / "images" / "blobs")
    config = blobs.get(pushed["config"]["digest"]) + b"\n"  # a blob that the sandbox has not seen
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    upload = ecr.initiate_layer_upload(repositoryName="echo")["uploadId"]
    ecr.upload_layer_part(
        repositoryName="echo", uploadId=upload, partFirstByte=0, partLastByte=9, layerPartBlob=config[:10]
    )
    ecr.upload_layer_part(
        repositoryName="echo",
        uploadId=upload,
        partFirstByte=10,
        partLastByte=len(config) - 1,
        layerPartBlob=config[10:],
    )
    with pytest.raises(ClientError, match="InvalidLayerException"):
        ecr.complete_layer_upload(repositoryName="echo", uploadId=upload, layerDigests=[f"sha256:{'0' * 64}"])
    ecr.complete_layer_upload(repositoryName="echo", uploadId=upload, layerDigests=[digest])
    manifest = json.dumps(pushed | {"config": pushed["config"] | {"digest": digest, "size": len(config)}})
    ecr.put_image(
        repositoryName="echo", imageManifest=manifest, imageManifestMediaType=DOCKER, imageTag="by-api"
    )
    uri = f"{hosting.image.partition('@')[0]}@sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    of_api = dataclasses.replace(hosting, image=uri)
    of_api.config("by-api", {of_api.model("by-api"): 1})
    of_api.endpoint("by-api", "by-api")
    assert of_api.invoke("by-api")[1]["name"] == "by-api"
