"""Blobs of images, as ECR takes them and hands them out: by a URL that is good for whoever has it, for a while.

Sources: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CompleteLayerUpload.html,
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetDownloadUrlForLayer.html
"""

import hashlib
import hmac
import json
import secrets
import time
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode

from sandbox.api.request import Request
from sandbox.call import Call
from sandbox.cloud import Cloud
from sandbox.image.build import Blobs, DigestError, digest_of
from sandbox.refusal import Answer, RefusedError

PATH = "/sandbox/layers/"
_SECONDS = 3600


class Downloads:
    """ECR's GetDownloadUrlForLayer, what its URLs lead to, and the content of layers; every other call of ECR is moto's."""

    def __init__(self, cloud: Cloud, blobs: Blobs) -> None:
        self._cloud = cloud
        self._blobs = blobs
        self._secret = secrets.token_bytes(32)

    def answer(self, call: Call, account: str, request: Request) -> Answer:
        if call.action == "CompleteLayerUpload":
            return self._complete(call, account, request)
        if call.action != "GetDownloadUrlForLayer":
            return self._cloud.play(call, account, request)
        repository, digest = str(call.members["repositoryName"]), str(call.members["layerDigest"])
        if digest not in self._cloud.image_blobs(account, call.region, repository):
            raise RefusedError(
                f"The layer with digest '{digest}' does not exist in the repository with name '{repository}' in the "
                f"registry with id '{account}'",
                "LayersNotFoundException",
            )
        until = str(int(time.time()) + _SECONDS)
        query = urlencode({"until": until, "signature": self._signature(digest, until)})
        url = f"http://{request.headers['host']}{PATH}{digest}?{query}"
        body = json.dumps({"downloadUrl": url, "layerDigest": digest}).encode()
        return Answer(200, [("Content-Type", "application/x-amz-json-1.1")], body)

    def _complete(self, call: Call, account: str, request: Request) -> Answer:
        """Keep the layer, which moto forgets but for its size, unless it is another than the caller says."""
        repository, upload = str(call.members["repositoryName"]), str(call.members["uploadId"])
        data = self._cloud.uploaded(account, call.region, repository, upload)
        if data is not None and digest_of(data) not in call.members["layerDigests"]:
            raise RefusedError(
                f"The provided layer digest does not match the layer's own, {digest_of(data)}",
                "InvalidLayerException",
            )
        answer = self._cloud.play(call, account, request)
        if data is not None and answer.status == HTTPStatus.OK:
            self._blobs.put(data)
        return answer

    def download(self, request: Request) -> Answer:
        """The blob, to whoever has the URL."""
        digest = request.path.removeprefix(PATH)
        query = parse_qs(request.query)
        until, signature = (query.get(name, [""])[0] for name in ("until", "signature"))
        good = hmac.compare_digest(self._signature(digest, until).encode(), signature.encode())
        if not good or not until.isdigit() or int(until) < time.time():
            return Answer(403, [("Content-Type", "text/plain")], b"this URL is not, or no longer, good")
        try:
            return Answer(200, [("Content-Type", "application/octet-stream")], self._blobs.get(digest))
        except (DigestError, FileNotFoundError):
            return Answer(404, [("Content-Type", "text/plain")], b"this sandbox does not hold the blob")

    def _signature(self, digest: str, until: str) -> str:
        return hmac.new(self._secret, f"{digest} {until}".encode(), hashlib.sha256).hexdigest()
