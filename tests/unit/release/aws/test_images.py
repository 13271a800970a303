"""What a repository in ECR holds, and the one download that no client of botocore's makes."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest

from modeldelivery.release.aws import images
from modeldelivery.release.aws.images import Images, download
from modeldelivery.release.errors import LostError, UnreachableError
from modeldelivery.release.ports import DOCKER_MANIFEST

DIGEST = "sha256:" + "0" * 64
MANIFEST = msgspec.json.encode({"mediaType": DOCKER_MANIFEST, "config": {"digest": DIGEST}}).decode()


class Ecr:
    """A client of a repository with one image."""

    def __init__(self, manifest, media_type=DOCKER_MANIFEST):
        self._image = {"imageManifest": manifest, "imageManifestMediaType": media_type}

    def batch_get_image(self, **_):
        return {"images": [self._image]}

    def get_download_url_for_layer(self, **_):
        return {"downloadUrl": "https://layers.example/config"}


def manifest_of(*described):
    return Images(ecr=Ecr(*described), account="222222222222", repository="flights-prod").find(DIGEST)


@pytest.fixture
def proxy():
    """A proxy on this machine; `asked` are the URLs that it was asked for."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            server.requests.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"layer")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.requests = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def direct(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("direct")
def test_a_download_goes_through_the_environments_proxy(proxy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.server_port}")

    assert download("http://layers.invalid/config") == (200, b"layer")
    assert proxy.requests == ["http://layers.invalid/config"]


@pytest.mark.usefixtures("direct")
def test_a_download_from_a_host_that_is_not_to_be_proxied_goes_there(proxy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert download(f"http://127.0.0.1:{proxy.server_port}/config") == (200, b"layer")


@pytest.mark.usefixtures("direct")
@pytest.mark.parametrize(
    ("variables", "certificates"),
    [
        ({"AWS_CA_BUNDLE": "aws.pem", "REQUESTS_CA_BUNDLE": "requests.pem"}, "aws.pem"),
        ({"REQUESTS_CA_BUNDLE": "requests.pem"}, "requests.pem"),
        ({}, True),
    ],
)
def test_a_download_is_held_to_the_certificates_that_the_environment_names(
    monkeypatch, variables, certificates
):
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    opened, session = [], images.URLLib3Session

    def opens(**given):
        opened.append(given)
        return session(**given)

    monkeypatch.setattr(images, "URLLib3Session", opens)
    with pytest.raises(Exception, match=r"layers\.invalid|pem"):
        download("https://layers.invalid/config")

    assert [each["verify"] for each in opened] == [certificates]


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_is_asked_again_and_no_image_is_blamed(monkeypatch, status):
    monkeypatch.setattr(images, "download", lambda _: (status, b"Slow Down"))

    with pytest.raises(LostError, match=f"no certain answer .HTTP {status}"):
        manifest_of(MANIFEST)


def test_a_blob_that_is_not_the_one_is_the_images_fault(monkeypatch):
    monkeypatch.setattr(images, "download", lambda _: (200, b"another"))

    with pytest.raises(UnreachableError, match="push the image again"):
        manifest_of(MANIFEST)


@pytest.mark.parametrize("manifest", ["{", "[]", '{"mediaType": 1}'])
@pytest.mark.parametrize("media_type", ["", DOCKER_MANIFEST])
def test_a_manifest_that_cannot_be_understood_is_a_sentence(manifest, media_type):
    with pytest.raises(UnreachableError, match="cannot be understood"):
        manifest_of(manifest, media_type)


def test_a_manifest_that_names_its_kind_only_inside_is_of_that_kind():
    assert manifest_of('{"mediaType": "application/vnd.oci.image.index.v1+json"}', "").media_type.endswith(
        "index.v1+json"
    )
