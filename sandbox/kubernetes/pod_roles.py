"""Roles of AWS that Pods have: what EKS' Pod Identity does, for the AWS sandbox beside this cluster.

On EKS an association leads from a service account to a role, and an agent on the node serves its keys; here an annotation of the
service account names the role, and the AWS sandbox serves the keys, if the role trusts EKS.
https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from sandbox.daemon import TOKEN, Daemon, running
from sandbox.home import Home
from sandbox.kubernetes.api import Api, ApiError
from sandbox.kubernetes.way_out import WayOut

ROLE = "model-delivery/role-arn"
_GRANTS = "/sandbox/grants"
_LONGEST_SESSION = 64  # characters, of STS
_SECONDS = 10.0


class PodRoles:
    """The variables by which a Pod's programs have a role and find the AWS sandbox.

    Args:
        around: the AWS sandbox.
        way: to it, out of the cluster's network.
        api: may read service accounts.
    """

    def __init__(self, around: Home, way: WayOut, api: Api) -> None:
        self._around = around
        self._way = way
        self._api = api
        self._given: dict[str, tuple[Daemon, dict[str, str]]] = {}  # by the Pod's uid
        self._lock = threading.Lock()

    def variables(self, pod: Mapping[str, Any]) -> Mapping[str, str]:
        """None for a Pod whose service account names no role.

        Raises:
            ApiError: the account is not there, the AWS sandbox does not run, or the role is none that a Pod may have.
        """
        metadata = pod["metadata"]
        account = pod["spec"].get("serviceAccountName", "default")
        path = f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts/{account}"
        role = self._api.get(path)["metadata"].get("annotations", {}).get(ROLE)
        if role is None:
            return {}
        aws = running(self._around)
        if aws is None:
            raise ApiError(0, f"{role}: the AWS sandbox beside this cluster does not run (`sandbox up`)")
        with self._lock:
            kept = self._given.get(metadata["uid"])
            if kept is None or kept[0] != aws:
                given = self._ask(aws, "POST", {"role": role, "session": metadata["name"][:_LONGEST_SESSION]})
                self._given[metadata["uid"]] = kept = (aws, given)
        return kept[1]

    def forget(self, uid: str) -> None:
        """A Pod ended: its keys are served no longer."""
        with self._lock:
            kept = self._given.pop(uid, None)
        if kept and kept[0] == running(self._around):
            self._ask(kept[0], "DELETE", kept[1])

    def _ask(self, aws: Daemon, method: str, body: Mapping[str, str]) -> dict[str, str]:
        try:
            self._way.open(aws.control)
            request = urllib.request.Request(
                f"http://127.0.0.1:{aws.control}{_GRANTS}",
                method=method,
                data=json.dumps(body).encode(),
                headers={TOKEN: aws.token},
            )
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
                return dict(json.load(answer) or {})
        except urllib.error.HTTPError as error:
            raise ApiError(0, json.load(error)["message"]) from None
        except OSError as error:
            raise ApiError(0, f"the AWS sandbox does not answer: {error}") from None
