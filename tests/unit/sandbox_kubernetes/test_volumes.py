"""What volumes and variables hold."""

import base64
from typing import ClassVar

import pytest

from sandbox.kubernetes.api import ApiError
from sandbox.kubernetes.container import expanded, values
from sandbox.kubernetes.volumes import contents, field, fill

POD = {
    "metadata": {"name": "p", "namespace": "edge", "uid": "1"},
    "spec": {"nodeName": "sandbox", "serviceAccountName": "server"},
}


class Server:
    """An API server that holds two documents and gives tokens."""

    documents: ClassVar = {
        "/api/v1/namespaces/edge/configmaps/settings": {
            "data": {"a": "1"},
            "binaryData": {"b": base64.b64encode(b"\xff").decode()},
        },
        "/api/v1/namespaces/edge/secrets/keys": {"data": {"k": base64.b64encode(b"hidden").decode()}},
    }

    def get(self, path):
        if path not in self.documents:
            raise ApiError(404, f"{path} not found")
        return self.documents[path]

    def create(self, path, document):
        self.request = path, document
        return {"status": {"token": "a.b.c"}}


def test_a_config_map_and_a_secret_become_files():
    assert contents({"name": "v", "configMap": {"name": "settings"}}, POD, Server()) == {
        "a": b"1",
        "b": b"\xff",
    }
    assert contents({"name": "v", "secret": {"secretName": "keys"}}, POD, Server()) == {"k": b"hidden"}


def test_keys_get_the_paths_that_they_are_given():
    items = [{"key": "a", "path": "folder/a.txt"}]
    assert contents({"name": "v", "configMap": {"name": "settings", "items": items}}, POD, Server()) == {
        "folder/a.txt": b"1"
    }


def test_what_is_not_there_is_an_error_unless_it_is_optional():
    with pytest.raises(ApiError, match="not found"):
        contents({"name": "v", "configMap": {"name": "other"}}, POD, Server())
    assert contents({"name": "v", "configMap": {"name": "other", "optional": True}}, POD, Server()) == {}
    with pytest.raises(ApiError, match="no key z"):
        contents(
            {"name": "v", "configMap": {"name": "settings", "items": [{"key": "z", "path": "z"}]}},
            POD,
            Server(),
        )


def test_a_projected_volume_has_a_token_that_is_bound_to_its_pod():
    server = Server()
    sources = [
        {"serviceAccountToken": {"path": "token"}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    files = contents({"name": "v", "projected": {"sources": sources}}, POD, server)
    path, document = server.request
    assert files == {"token": b"a.b.c", "namespace": b"edge"}
    assert path == "/api/v1/namespaces/edge/serviceaccounts/server/token"
    assert document["spec"]["boundObjectRef"] == {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1"}


def test_a_path_that_leads_out_of_its_volume_is_refused(tmp_path):
    items = [{"key": "a", "path": "../outside"}]
    with pytest.raises(ApiError, match="leads out"):
        fill(tmp_path / "v", {"name": "v", "configMap": {"name": "settings", "items": items}}, POD, Server())
    assert not (tmp_path / "outside").exists()


def test_a_field_that_this_node_does_not_tell_is_refused_with_those_that_it_does():
    with pytest.raises(ApiError, match=r"metadata\.labels.*status\.podIP"):
        field(POD, "metadata.labels", "10.99.0.10", "10.99.0.1")


def test_a_variable_can_name_those_before_it():
    entries = [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "$(A)$(GIVEN)$(OTHER)"},
        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "D", "valueFrom": {"optional": True}},
    ]
    result = values(entries, lambda named: "10.99.0.10" if "fieldRef" in named else None, {"GIVEN": "2"})
    assert result == {"GIVEN": "2", "A": "1", "B": "12$(OTHER)", "C": "10.99.0.10"}


def test_a_word_of_a_command_names_variables():
    assert expanded("--port=$(PORT)/$(NONE)", {"PORT": "80"}) == "--port=80/$(NONE)"
