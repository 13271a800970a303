from datetime import UTC, datetime
from unittest.mock import create_autospec

from botocore.loaders import JSONFileLoader

from sandbox.clients import Clients
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.iam.guard import Guard
from sandbox.processes.credentials import Addresses, Keys

ROLE = "arn:aws:iam::111111111111:role/{}"


def test_a_client_of_another_role_reads_no_model_again(monkeypatch):
    """A build takes two clients of its role, a job as many, and a model's file takes longer than the calls."""
    clients = Clients(
        create_autospec(Guard, instance=True),
        lambda *_: Keys("key", "secret", "token", datetime.max.replace(tzinfo=UTC)),
        lambda: Addresses("eu-west-1", 1, 2),
        "codebuild.amazonaws.com",
        "AWSCodeBuild",
    )
    loaded = []
    load = JSONFileLoader.load_file

    def recorded(self, path):
        loaded.append(path)
        return load(self, path)

    one, other = (ExecutionRole(ROLE.format(name), "111111111111", "eu-west-1") for name in ("a", "b"))
    first = clients.of("s3", one)
    monkeypatch.setattr(JSONFileLoader, "load_file", recorded)
    second = clients.of("s3", other)
    assert loaded == []
    assert first is not second
    assert second.meta.endpoint_url == "http://127.0.0.1:1"
