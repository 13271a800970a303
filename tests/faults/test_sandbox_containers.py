"""What a model's container can reach, and whose credentials it has."""

import dataclasses
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest
from botocore.exceptions import ClientError

from sandbox.processes.isolation import LEVELS

pytestmark = pytest.mark.faults

ASKS = """
import boto3, json
sts = boto3.client("sts").get_caller_identity()
said = boto3.client("sagemaker-runtime").invoke_endpoint(EndpointName="open", Body=b"row", ContentType="text/csv")
print(json.dumps([sts["Arn"], json.loads(said["Body"].read())["name"]]))
"""


def served(hosting, name, **more):
    hosting.model(name, **more)
    hosting.config(name, {name: 1})
    return hosting.endpoint(name, name)


def environment(hosting, endpoint):
    """Of the process that answers."""
    return psutil.Process(hosting.invoke(endpoint)[1]["pid"]).environ()


def reached(hosting, endpoint):
    """Whether the container can connect to the sandbox itself."""
    control = hosting.sandbox.daemon["control"]
    return hosting.invoke(endpoint, f"reach {control}".encode())[1]["reached"]


def pid(hosting, endpoint):
    """Of the process that answers; none while nobody does."""
    try:
        return hosting.invoke(endpoint)[1]["pid"]
    except ClientError:
        return None


@pytest.fixture(scope="module")
def opened(hosting):
    """A container with a network, whose role may invoke endpoints as well."""
    may = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "ecr:*", "sagemaker:InvokeEndpoint"],
        "Resource": "*",
    }
    role = hosting.sandbox.role("staging", "speaking", may, trusts={"Service": "sagemaker.amazonaws.com"})
    return served(hosting, "open", role=role)


@pytest.fixture(scope="module")
def isolated(hosting):
    return served(hosting, "isolated", isolated=True)


def test_an_isolated_container_serves_on_sagemakers_port_and_reaches_nothing(hosting, isolated):
    assert hosting.sandbox.status()["isolation"]["level"] != "none", "this machine keeps nothing apart"
    assert hosting.invoke(isolated)[1]["port"] == 8080
    assert not reached(hosting, isolated)


def test_an_isolated_container_has_no_credentials(hosting, isolated):
    assert [name for name in environment(hosting, isolated) if name.startswith("AWS_")] == []


def test_a_container_with_a_network_reaches_the_sandbox(hosting, opened):
    assert reached(hosting, opened)


def test_a_container_with_a_network_acts_as_its_role(hosting, opened):
    """Its environment alone leads an AWS client to the role's session and to both planes."""
    completed = subprocess.run(
        [sys.executable, "-c", ASKS],
        env=environment(hosting, opened),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert json.loads(completed.stdout) == [
        "arn:aws:sts::111111111111:assumed-role/speaking/SageMaker",
        "open",
    ]


def test_a_container_may_no_more_than_its_role(hosting, opened):
    endpoint = served(hosting, "silent")
    assert opened
    completed = subprocess.run(
        [sys.executable, "-c", ASKS],
        env=environment(hosting, endpoint),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (
        "assumed-role/serving/SageMaker is not authorized to perform: sagemaker:InvokeEndpoint"
        in completed.stderr
    )


def test_the_keys_of_a_container_are_served_to_its_token_alone(hosting, opened):
    uri = environment(hosting, opened)["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    request = urllib.request.Request(uri, headers={"Authorization": "guessed"})  # noqa: S310 - http, loopback
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=300)  # noqa: S310 - as above


def test_a_container_that_ended_leaves_no_credentials(hosting):
    endpoint = served(hosting, "short")
    environ = environment(hosting, endpoint)
    hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    end = time.monotonic() + 60
    while hosting.sagemaker.list_endpoints(NameContains=endpoint)["Endpoints"]:
        assert time.monotonic() < end, "the endpoint is still there"
        time.sleep(0.05)
    completed = subprocess.run(
        [sys.executable, "-c", ASKS], env=environ, capture_output=True, text=True, check=False, timeout=300
    )
    assert "no program has this token" in completed.stderr


def test_an_isolated_container_that_dies_is_replaced(hosting, isolated):
    first = hosting.invoke(isolated)[1]["pid"]
    psutil.Process(first).kill()
    end = time.monotonic() + 60
    while (answering := pid(hosting, isolated)) in {None, first}:
        assert time.monotonic() < end, "no other instance took over"
        time.sleep(0.05)
    assert answering != first


def test_where_nothing_can_be_kept_apart_it_serves_all_the_same(no_sandbox, hosting_again, monkeypatch):
    monkeypatch.setenv("SANDBOX_ISOLATION", "none")
    no_sandbox.run("up")
    try:
        hosting = hosting_again(no_sandbox)
        endpoint = served(hosting, "isolated", isolated=True)
        level = no_sandbox.status()["isolation"]
        assert level == {"level": "none", "why": "SANDBOX_ISOLATION asks for it"}
        output = "isolation of containers: none (SANDBOX_ISOLATION asks for it)\n"
        assert output in no_sandbox.run("status").stdout
        assert reached(hosting, endpoint)
    finally:
        no_sandbox.run("down", "--purge")


@pytest.mark.parametrize("level", [level for level in LEVELS if level != "none"])
def test_each_rung_serves(no_sandbox, hosting_again, monkeypatch, level):
    monkeypatch.setenv("SANDBOX_ISOLATION", level)
    sandbox = dataclasses.replace(
        no_sandbox, home=no_sandbox.home / ("long" * 40)
    )  # beyond a socket's address
    sandbox.run("up")
    try:
        hosting = hosting_again(sandbox)
        endpoint = served(hosting, "isolated", isolated=True)
        assert (sandbox.status()["isolation"]["level"], reached(hosting, endpoint)) == (level, False)
    finally:
        sandbox.run("down", "--purge")


def test_a_rung_that_nobody_knows_is_refused_with_what_is_allowed(no_sandbox, monkeypatch):
    monkeypatch.setenv("SANDBOX_ISOLATION", "jail")
    output = no_sandbox.run("up", check=False).stderr
    assert "SANDBOX_ISOLATION='jail' is not one of namespaces, user-namespaces, none" in output
