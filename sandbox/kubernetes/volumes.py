"""A Pod's volumes as folders: empty ones, and what the API server has for them."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.home import write
from sandbox.kubernetes.api import Api, ApiError

Document = Mapping[str, Any]
_MODE = 0o644
_NOT_THERE = 404
# A token is not written again while its Pod runs; a sandbox is younger than this.
_TOKEN_SECONDS = 7 * 24 * 3600


def fill(folder: Path, volume: Document, pod: Document, api: Api) -> None:
    """Make `folder` what `volume` says; raises ApiError when something that it names is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in contents(volume, pod, api).items():
        target = folder / path
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ApiError(0, f"volume {volume['name']}: {path} leads out of it")
        write(target, content, _MODE)


def contents(volume: Document, pod: Document, api: Api) -> dict[str, bytes]:
    """Files of a volume by path; raises ApiError."""
    sources: list[Document]
    if "projected" in volume:
        sources = volume["projected"].get("sources", [])
    elif "configMap" in volume:
        sources = [{"configMap": volume["configMap"]}]
    elif "secret" in volume:
        secret = volume["secret"]
        sources = [{"secret": {**secret, "name": secret["secretName"]}}]
    else:
        sources = []
    files: dict[str, bytes] = {}
    for source in sources:
        files |= _files(source, pod, api)
    return files


def _files(source: Document, pod: Document, api: Api) -> dict[str, bytes]:
    namespace = f"/api/v1/namespaces/{pod['metadata']['namespace']}"
    if named := source.get("serviceAccountToken"):
        account = pod["spec"].get("serviceAccountName", "default")
        metadata = pod["metadata"]
        answer = api.create(
            f"{namespace}/serviceaccounts/{account}/token",
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {
                    "audiences": [named["audience"]] if "audience" in named else [],
                    "expirationSeconds": max(_TOKEN_SECONDS, named.get("expirationSeconds", 0)),
                    "boundObjectRef": {
                        "apiVersion": "v1",
                        "kind": "Pod",
                        "name": metadata["name"],
                        "uid": metadata["uid"],
                    },
                },
            },
        )
        return {named["path"]: answer["status"]["token"].encode()}
    if named := source.get("downwardAPI"):
        return {
            each["path"]: field(pod, each["fieldRef"]["fieldPath"], "", "").encode()
            for each in named["items"]
        }
    for kind, plural in (("configMap", "configmaps"), ("secret", "secrets")):
        if kind in source:
            return _keys(source[kind], kind, f"{namespace}/{plural}", api)
    raise ApiError(0, f"a volume from {', '.join(source)}")


def _keys(named: Document, kind: str, path: str, api: Api) -> dict[str, bytes]:
    try:
        data = data_of(api.get(f"{path}/{named['name']}"), kind)
    except ApiError as error:
        if error.status == _NOT_THERE and named.get("optional"):
            return {}
        raise
    if "items" not in named:
        return data
    missing = [each["key"] for each in named["items"] if each["key"] not in data]
    if missing:
        raise ApiError(_NOT_THERE, f"{kind} {named['name']} has no key {missing[0]}")
    return {each["path"]: data[each["key"]] for each in named["items"]}


def data_of(document: Document, kind: str) -> dict[str, bytes]:
    """What a ConfigMap (`configMap`) or a Secret (`secret`) holds, by key."""
    if kind == "secret":
        return {key: base64.b64decode(value) for key, value in (document.get("data") or {}).items()}
    texts = {key: value.encode() for key, value in (document.get("data") or {}).items()}
    return texts | {key: base64.b64decode(value) for key, value in (document.get("binaryData") or {}).items()}


def field(pod: Document, path: str, address: str, host: str) -> str:
    """The value of a `fieldRef`; raises ApiError for one that this node does not tell."""
    values = {
        "metadata.name": pod["metadata"]["name"],
        "metadata.namespace": pod["metadata"]["namespace"],
        "metadata.uid": pod["metadata"]["uid"],
        "spec.nodeName": pod["spec"]["nodeName"],
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
        "status.podIP": address,
        "status.hostIP": host,
    }
    if path not in values:
        raise ApiError(0, f"fieldPath {path}: this node tells {', '.join(values)}")
    return str(values[path])
