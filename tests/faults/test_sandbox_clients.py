"""Clients that nobody here wrote: what they send of themselves, defaults included, is never refused.

`clients/*.json` are recordings of the AWS CLI (1.46), the SageMaker Python SDK (3.27) and, for Terraform, of Go's SDK with the
inputs that terraform-provider-aws builds for its resources: each makes everything, reads it, changes it and removes it.
A request that ends in an error on AWS, such as the reading of a policy that is not there, names it in `refused`.
"""

import base64
import http.client
import json
import re
import time
from pathlib import Path

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest

from tests.conftest import ROLES, Sandbox, hosting_in

pytestmark = pytest.mark.faults

CLIENTS = sorted(Path(__file__).with_name("clients").glob("*.json"))
CHANGES = {"CreateEndpoint", "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"}
# What Describe calls do not show.
NOT_SHOWN = {"Tags"}
NAMES = {
    "Model": "ModelName",
    "EndpointConfig": "EndpointConfigName",
    "ModelPackageGroup": "ModelPackageGroupName",
}


class Replay:
    """Sends recorded requests, with the names that this sandbox gave things."""

    def __init__(self, hosting):
        self.hosting = hosting
        model = hosting.model("recorded")
        self.names = {
            "{image}": hosting.image,
            "{model}": f"s3://{hosting.bucket}/{model}/model.tar.gz",
            "{role}": ROLES["staging"],
        }

    def send(self, item):
        """What was sent, the error's code (None when there is none) and the body of the answer."""
        path, body = self._named(item["path"]), self._body(item)
        port = self.hosting.sandbox.daemon["control"]
        address = f"127.0.0.1:{port}"
        url = f"http://{address}{path}" + (f"?{item['query']}" if item.get("query") else "")
        request = AWSRequest(item["method"], url, item.get("headers", {}), body)
        sign = S3SigV4Auth if item["service"] == "s3" else SigV4Auth
        credentials = self.hosting.sandbox.session("staging").get_credentials()
        sign(credentials, item["service"], "eu-west-1").add_auth(request)
        prepared = request.prepare()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        connection.request(item["method"], prepared.url.split(address, 1)[1], body, dict(prepared.headers))
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if item["action"] == "CreateKey":
            self.names["{key}"] = json.loads(text)["KeyMetadata"]["KeyId"]
        self._settle(item)
        return body, error_code(answer, text), text

    def _settle(self, item):
        if item["action"] in CHANGES:
            self.hosting.settled(json.loads(item["body"])["EndpointName"])
        elif item["action"] == "DeleteEndpoint":
            end = time.monotonic() + 300
            while self.hosting.sagemaker.list_endpoints(
                NameContains=json.loads(item["body"])["EndpointName"]
            )["Endpoints"]:
                assert time.monotonic() < end
                time.sleep(0.05)

    def _body(self, item):
        if "base64" in item:
            return base64.b64decode(item["base64"])
        return self._named(item.get("body", "")).encode()

    def _named(self, text):
        for placeholder, name in self.names.items():
            text = text.replace(placeholder, name)
        return text


def error_code(answer, text):
    if answer.status < 400:
        return None
    if code := answer.headers.get("x-amzn-errortype"):
        return code
    match = re.search(rb"<Code>(\w+)</Code>|\"__type\": ?\"(?:[\w.]+#)?(\w+)\"", text)
    return next(filter(None, match.groups())).decode() if match else str(answer.status)


def lost(given, shown, path=""):
    """The members that were given and are not shown; false and empty are what nothing means."""
    if isinstance(given, dict):
        for name, value in given.items():
            if value and name not in NOT_SHOWN:
                yield from lost(value, (shown or {}).get(name), f"{path}.{name}")
    elif isinstance(given, list):
        for index, value in enumerate(given):
            yield from lost(value, shown[index] if shown and index < len(shown) else None, f"{path}[{index}]")
    elif given != shown:
        yield f"{path}: {given!r} was given, {shown!r} is shown"


@pytest.fixture(scope="module", params=CLIENTS, ids=lambda path: path.stem)
def answers(request, tmp_path_factory):
    """Each recorded request of a client, and what a sandbox of its own answered."""
    sandbox = Sandbox(tmp_path_factory.mktemp("client"))
    sandbox.run("up")
    try:
        replay = Replay(hosting_in(sandbox, "staging"))
        yield [(item, *replay.send(item)) for item in json.loads(request.param.read_text())]
    finally:
        sandbox.run("down", "--purge")


def test_no_default_of_a_client_is_refused(answers):
    assert [
        f"{item['service']} {item['action']}: {text.decode(errors='replace')[:300]}"
        for item, _, code, text in answers
        if code != item.get("refused")
    ] == []


def test_what_a_client_made_is_what_it_reads(answers):
    """Otherwise its next plan is not empty, and Terraform replaces what it cannot read back."""
    read = {
        (
            item["action"].removeprefix("Describe"),
            json.loads(item["body"])[NAMES[item["action"][8:]]],
        ): json.loads(text)
        for item, _, code, text in answers
        if item["service"] == "sagemaker" and item["action"][8:] in NAMES and not code
    }
    made = {
        (item["action"].removeprefix("Create"), json.loads(sent)[NAMES[item["action"][6:]]]): json.loads(sent)
        for item, sent, _, _ in answers
        if item["service"] == "sagemaker" and item["action"][6:] in NAMES
    }
    assert made.keys() & read.keys()
    assert [
        wrong for key in made.keys() & read.keys() for wrong in lost(made[key], read[key], str(key))
    ] == []
