"""The part of AWS that moto plays, in this process, and what hosting reads from it.

moto's backends are plain dicts that know no threads, so every use of them is under one lock.
"""

import http
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.ecr.models import ecr_backends
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends
from werkzeug.test import run_wsgi_app

from modeldelivery.awsmodels.models import operation
from sandbox import moto_patches
from sandbox.accounts import ACCOUNTS, REGION
from sandbox.api.cbor import HEADERS, cbor_answer, json_request
from sandbox.api.request import Request
from sandbox.call import Call
from sandbox.keys import AccessKey
from sandbox.missing import MissingError
from sandbox.processes.credentials import Keys
from sandbox.refusal import Answer, RefusedError, unknown
from sandbox.signature import Credential

_PARTITION = "aws"
_SESSION = 3600  # seconds that a program's keys are good for


class Cloud:
    """moto behind one lock."""

    def __init__(self, keys: Mapping[str, AccessKey]) -> None:
        moto_patches.apply()
        self._app = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.RLock()
        for account in ACCOUNTS:
            iam = iam_backends[account.id][_PARTITION]
            # moto finds the account of a caller by the account that holds the access key.
            user = iam.create_user(REGION, account.profile)
            key = iam.create_access_key(user.name, "AKIA")
            del iam.access_keys[key.access_key_id]
            own = keys[account.profile]
            key.access_key_id, key.secret_access_key = own.id, own.secret
            iam.access_keys[own.id] = key

    def credentials(self) -> dict[str, Credential]:
        """What goes with each access key that may be used now, of users and of roles that were assumed."""
        results = {}
        with self.lock:
            for account in ACCOUNTS:
                for identity, key in iam_backends[account.id][_PARTITION].access_keys.items():
                    if key.status == "Active":
                        results[identity] = Credential(account.id, key.secret_access_key, key=identity)
                for role in sts_backends[account.id][_PARTITION].assumed_roles:
                    ends = role.expiration.replace(tzinfo=UTC).timestamp()
                    results[role.access_key_id] = Credential(
                        account.id, role.secret_access_key, role.session_token, ends, role.access_key_id
                    )
        return results

    def play(self, call: Call, account: str, request: Request) -> Answer:
        """Run one call in an account; raises RefusedError for what moto lacks."""
        if call.protocol == "cbor":
            return self._play_cbor(call, account, request)
        # moto's own reset and replay routes would pull the world from under a stack.
        if request.path.startswith("/moto-api"):
            raise unknown(call)
        # moto takes the account from this header first: whoever sends one of their own names no other.
        environ = {**request.environ, "HTTP_X_MOTO_ACCOUNT_ID": account}
        try:
            with self.lock:
                body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        except NotImplementedError:
            raise unknown(call) from None
        answer = Answer(int(status.split(" ", 1)[0]), list(headers), b"".join(body))
        # Flask's own page: moto has no such route.
        if answer.status == http.HTTPStatus.NOT_FOUND and b"<!doctype html>" in answer.body.lower():
            raise unknown(call)
        return answer

    def _play_cbor(self, call: Call, account: str, request: Request) -> Answer:
        """Moto does not speak CBOR: the call goes to it as JSON, and the answer comes back."""
        model = operation("cloudwatch", call.action)
        if model is None:
            raise unknown(call)
        answer = self.play(replace(call, protocol="json"), account, json_request(model, request))
        if answer.status == http.HTTPStatus.OK:
            return Answer(200, HEADERS, cbor_answer(model, answer.body))
        error = json.loads(answer.body)
        raise RefusedError(error.get("message", ""), error["__type"].rpartition("#")[2], answer.status)

    def manifest(self, account: str, region: str, repository: str, digest: str) -> tuple[str, str]:
        """The manifest of an image in ECR, and its media type; raises MissingError."""
        with self.lock:
            repositories = ecr_backends[account][region].repositories
            if repository not in repositories:
                raise MissingError(f"ECR repository {repository} does not exist in account {account}")
            for image in repositories[repository].images:
                if image.get_image_digest() == digest:
                    return str(image.image_manifest), str(image.image_manifest_media_type)
        raise MissingError(f"ECR repository {repository} of account {account} holds no image {digest}")

    def image_blobs(self, account: str, region: str, repository: str) -> set[str]:
        """Digests of the configurations and layers of the images in a repository of ECR."""
        with self.lock:
            repository_found = ecr_backends[account][region].repositories.get(repository)
            manifests = (
                [json.loads(image.image_manifest) for image in repository_found.images]
                if repository_found
                else []
            )
        parts = (part for each in manifests for part in (each.get("config", {}), *each.get("layers", [])))
        return {str(part["digest"]) for part in parts if "digest" in part}

    def uploaded(self, account: str, region: str, repository: str, upload: str) -> bytes | None:
        """What has arrived so far of a layer that is being uploaded to ECR; None when nobody uploads that."""
        with self.lock:
            holder = ecr_backends[account][region].repositories.get(repository)
            layer = holder.uploads.get(upload) if holder else None
            return None if layer is None else bytes(layer.layer_parts)

    def object(self, bucket: str, key: str) -> bytes:
        """The bytes of an S3 object, whoever asks; raises MissingError."""
        with self.lock:
            owner = s3_backends.bucket_accounts.get(bucket)
            try:
                stored = s3_backends[owner[1]][_PARTITION].get_object(bucket, key) if owner else None
            except S3ClientError:
                stored = None
            if stored is None:
                raise MissingError(f"no readable object at s3://{bucket}/{key}")
            return bytes(stored.value)

    def is_scalable_target(self, account: str, region: str, resource: str) -> bool:
        """Whether application-autoscaling has a target `endpoint/NAME/variant/NAME` registered."""
        with self.lock:
            targets = applicationautoscaling_backends[account][region].targets
            return any(resource in of_dimension for of_dimension in targets.values())

    def scales_in_to(self, account: str, region: str, resource: str) -> int | None:
        """MinCapacity of `endpoint/NAME/variant/NAME`; none when no policy scales it in."""
        with self.lock:
            scaling = applicationautoscaling_backends[account][region]
            target = next(
                (each for of in scaling.targets.values() if (each := of.get(resource)) is not None), None
            )
            follows = any(
                policy.resource_id == resource
                and (tracking := policy.target_tracking_scaling_policy_configuration) is not None
                and not tracking.get("DisableScaleIn", False)
                for policy in scaling.policies.values()
            )
            if target is None or not follows:
                return None
            suspended: dict[str, bool] = target.suspended_state or {}  # type: ignore[assignment]
            if suspended.get("DynamicScalingInSuspended"):
                return None
            return target.min_capacity

    def put_metrics(
        self, account: str, region: str, namespace: str, metrics: Iterable[dict[str, Any]], at: datetime
    ) -> None:
        """Store CloudWatch data; `metrics` in PutMetricData's shape."""
        with self.lock:
            cloudwatch_backends[account][region].put_metric_data(
                namespace, [{**metric, "Timestamp": at} for metric in metrics]
            )

    def assume_role(self, account: str, role: str, session: str) -> Keys:
        """A session of a role, with keys that the gateway knows from now on."""
        with self.lock:
            assumed = sts_backends[account][_PARTITION].assume_role(
                region_name=REGION,
                role_session_name=session,
                role_arn=role,
                policy="",
                duration=_SESSION,
                external_id="",
            )
        expires = assumed.expiration.replace(tzinfo=UTC)
        return Keys(assumed.access_key_id, assumed.secret_access_key, assumed.session_token, expires)
