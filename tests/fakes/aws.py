"""AWS beneath the adapters: a boto3 session whose clients work on one account in memory, as far as one endpoint needs.

`tests/contract` holds the adapters over it to the same claims as over the sandbox. Every call is noted with the kind of
client that made it.
"""

import io
import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from botocore.exceptions import ClientError

from modeldelivery.release.aws.session import FENCED, PATIENT, Account
from tests.fakes.journal import START

_SCALED = ("sagemaker", "sagemaker:variant:DesiredInstanceCount")
KINDS = {id(FENCED): "fenced", id(PATIENT): "patient"}


def refusal(
    code: str, message: str = "", status: int = 400, date: str = "", headers: Mapping[str, str] | None = None
) -> ClientError:
    """What botocore raises for an answer that is an error."""
    response = {"HTTPStatusCode": status, "HTTPHeaders": {"date": date, **(headers or {})}}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": response}, "Call")


def missing(what: str) -> ClientError:
    return refusal("ValidationException", f"Could not find {what}.")


@dataclass
class FakeAws:
    """One account and region.

    Attributes:
        calls: kind of client and IAM action of each call.
        faults: what happens to the next calls of an action instead: an exception, or a function that runs first.
        looks: describes that show an endpoint changing.
        reverts: so many changes of the fleet are rolled back silently.
        seconds: that passed since START.
    """

    id: str = "111111111111"
    caller: str = ""
    region_name: str = "eu-west-1"
    calls: list[tuple[str, str]] = field(default_factory=list)
    faults: defaultdict[str, deque[Exception | Callable[[], object]]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    looks: int = 1
    reverts: int = 0
    seconds: float = 0.0
    buckets: set[str] = field(default_factory=set)
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    versions: defaultdict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    deleted: set[str] = field(default_factory=set)  # keys whose newest version is a delete marker
    configs: dict[str, Any] = field(default_factory=dict)
    endpoints: dict[str, Any] = field(default_factory=dict)
    aimed: dict[str, tuple[int, Any]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    scaled: set[str] = field(default_factory=set)
    policies: dict[str, list[Any]] = field(default_factory=dict)
    suspended: dict[str, dict[str, bool]] = field(default_factory=dict)
    weighed: set[str] = field(default_factory=set)
    packages: dict[str, Any] = field(default_factory=dict)
    made: list[tuple[str, str]] = field(default_factory=list)  # clients: kind and service
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def account(self) -> Account:
        return Account(self, self.id, "staging")  # type: ignore[arg-type]

    def client(self, service: str, config: object = None) -> "_Client":
        kind = KINDS[id(config)]
        self.made.append((kind, service))
        return _Client(self, service, kind)

    def called(self, kind: str) -> set[str]:
        return {action for by, action in self.calls if by == kind}

    def call(self, kind: str, service: str, operation: str, parameters: dict[str, Any]) -> Any:
        action = f"{service}:{''.join(part.capitalize() for part in operation.split('_'))}"
        self.calls.append((kind, action))
        if self.faults[action]:
            fault = self.faults[action].popleft()
            if isinstance(fault, Exception):
                raise fault
            fault()
        answer = getattr(self, f"_{operation}")(**parameters) or {}
        metadata = {"RequestId": f"request-{len(self.calls)}"} | answer.get("ResponseMetadata", {})
        return answer | {"ResponseMetadata": metadata}

    # --- STS and S3

    def _get_caller_identity(self) -> Any:
        account = self.caller or self.id
        return {"Account": account, "Arn": f"arn:aws:sts::{account}:assumed-role/operator/ada"}

    def delete(self, key: str) -> None:
        """Someone deletes an object: its earlier versions are kept behind a delete marker."""
        del self.objects[key]
        self.deleted.add(key)

    def _get_object(self, Bucket: str, Key: str, ExpectedBucketOwner: str, VersionId: str = "") -> Any:
        self._own(Bucket, ExpectedBucketOwner)
        if VersionId:
            return {"Body": io.BytesIO(self.versions[Key][int(VersionId)])} | self._dated
        if Key not in self.objects:
            marker = {"x-amz-delete-marker": "true"} if Key in self.deleted else {}
            raise refusal("NoSuchKey", status=404, date=self._date, headers=marker)
        body, etag = self.objects[Key]
        return {"Body": io.BytesIO(body), "ETag": etag} | self._dated

    def _put_object(
        self, *, Bucket: str, Key: str, Body: Any, ExpectedBucketOwner: str, IfMatch: str = "", **_: Any
    ) -> Any:
        self._own(Bucket, ExpectedBucketOwner)
        if IfMatch and Key not in self.objects:
            raise refusal("NoSuchKey", status=404, date=self._date)
        if self.objects.get(Key, (b"", ""))[1] != IfMatch:
            raise refusal("PreconditionFailed", status=412, date=self._date)
        self.objects[Key] = Body if isinstance(Body, bytes) else Body.read(), f'"{next(self._numbers)}"'
        self.versions[Key].append(self.objects[Key][0])
        self.deleted.discard(Key)
        return {"ETag": self.objects[Key][1]} | self._dated

    def _list_object_versions(self, Bucket: str, Prefix: str, MaxKeys: int, ExpectedBucketOwner: str) -> Any:
        """The newest first."""
        self._own(Bucket, ExpectedBucketOwner)
        kept = [
            {"Key": key, "VersionId": str(number)}
            for key in sorted(self.versions)
            if key.startswith(Prefix)
            for number in reversed(range(len(self.versions[key])))
        ]
        return {"Versions": kept[:MaxKeys]}

    def _list_objects_v2(
        self, Bucket: str, Prefix: str, ExpectedBucketOwner: str, ContinuationToken: str = ""
    ) -> Any:
        """A page holds one object."""
        self._own(Bucket, ExpectedBucketOwner)
        left = [key for key in sorted(self.objects) if key.startswith(Prefix) and key > ContinuationToken]
        page = {"Contents": [{"Key": key} for key in left[:1]], "IsTruncated": len(left) > 1}
        return page | ({"NextContinuationToken": left[0]} if len(left) > 1 else {})

    def _own(self, bucket: str, owner: str) -> None:
        if owner != self.id:
            raise refusal("AccessDenied", status=403)
        if bucket not in self.buckets:
            raise refusal("NoSuchBucket", status=404, date=self._date)

    @property
    def _date(self) -> str:
        return formatdate(START + self.seconds, usegmt=True)

    @property
    def _dated(self) -> dict[str, Any]:
        return {"ResponseMetadata": {"HTTPHeaders": {"date": self._date}}}

    # --- SageMaker

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:sagemaker:{self.region_name}:{self.id}:{kind}/{name}"

    def _create_endpoint_config(
        self, EndpointConfigName: str, ProductionVariants: list[Any], Tags: list[Any], **more: Any
    ) -> Any:
        arn = self.arn("endpoint-config", EndpointConfigName)
        self.configs[EndpointConfigName] = {
            "EndpointConfigName": EndpointConfigName,
            "EndpointConfigArn": arn,
            "ProductionVariants": ProductionVariants,
        } | more
        self.tags[arn] = {tag["Key"]: tag["Value"] for tag in Tags}
        return {}

    def _describe_endpoint_config(self, EndpointConfigName: str) -> Any:
        if EndpointConfigName not in self.configs:
            raise missing(f"endpoint configuration {EndpointConfigName}")
        return self.configs[EndpointConfigName]

    def _delete_endpoint_config(self, EndpointConfigName: str) -> Any:
        self._describe_endpoint_config(EndpointConfigName)
        del self.configs[EndpointConfigName]
        return {}

    def _list_endpoint_configs(self, NameContains: str) -> Any:
        return {"EndpointConfigs": [c for name, c in self.configs.items() if NameContains in name]}

    def _create_endpoint(self, EndpointName: str, EndpointConfigName: str, Tags: list[Any]) -> Any:
        arn = self.arn("endpoint", EndpointName)
        self.tags[arn] = {tag["Key"]: tag["Value"] for tag in Tags}
        made = {
            "EndpointName": EndpointName,
            "EndpointArn": arn,
            "CreationTime": datetime.fromtimestamp(START + next(self._numbers), UTC),
            "EndpointConfigName": EndpointConfigName,
        }
        self.endpoints[EndpointName] = made | {"EndpointStatus": "Creating"}
        variants = self._variants(EndpointConfigName, {})
        self.aimed[EndpointName] = (
            self.looks,
            made
            | {
                "EndpointStatus": "InService",
                "ProductionVariants": variants,
                "DataCaptureConfig": self._capturing(EndpointConfigName),
            },
        )
        return {}

    def _capturing(self, config: str) -> dict[str, Any]:
        """What an endpoint says of the capture that a configuration began."""
        capture = self.configs[config].get("DataCaptureConfig", {})
        return {"EnableCapture": False} | {
            k: v for k, v in capture.items() if k in {"EnableCapture", "KmsKeyId"}
        }

    def _describe_endpoint(self, EndpointName: str) -> Any:
        looks, aimed = self.aimed.pop(EndpointName, (0, None))
        if aimed is not None and looks > 0:
            self.aimed[EndpointName] = looks - 1, aimed
        elif aimed == {}:
            del self.endpoints[EndpointName]
        elif aimed is not None:
            self.endpoints[EndpointName] = aimed
        return self._endpoint(EndpointName)

    def _update_endpoint(
        self,
        EndpointName: str,
        EndpointConfigName: str,
        *,
        RetainAllVariantProperties: bool,
        ExcludeRetainedVariantProperties: list[Any],
    ) -> Any:
        assert RetainAllVariantProperties
        assert not any(
            each["VariantPropertyType"] == "DesiredWeight" for each in ExcludeRetainedVariantProperties
        )
        endpoint = self._idle(EndpointName, "UpdateRollbackFailed")
        dropped = {v["VariantName"] for v in endpoint["ProductionVariants"]} - {
            v["VariantName"] for v in self.configs[EndpointConfigName]["ProductionVariants"]
        }
        held = [v for v in dropped if f"endpoint/{EndpointName}/variant/{v}" in self.scaled]
        if held:
            raise refusal("ValidationException", f"{held} have a scalable target")
        before = {v["VariantName"]: v for v in endpoint["ProductionVariants"]}
        excluded = {each["VariantPropertyType"] for each in ExcludeRetainedVariantProperties}
        if (
            "DesiredInstanceCount" in excluded
        ):  # it names no variant: the counts of all are the new configuration's
            counts = {
                v["VariantName"]: v["InitialInstanceCount"]
                for v in self.configs[EndpointConfigName]["ProductionVariants"]
            }
            before = {
                n: v | {"CurrentInstanceCount": counts[n], "DesiredInstanceCount": counts[n]}
                for n, v in before.items()
                if n in counts
            }
        after = endpoint | {
            "EndpointStatus": "InService",
            "EndpointConfigName": EndpointConfigName,
            "ProductionVariants": self._variants(EndpointConfigName, before),
        }
        if "DataCaptureConfig" in excluded:  # else what was captured before goes on
            after["DataCaptureConfig"] = self._capturing(EndpointConfigName)
        if self.reverts:
            self.reverts -= 1
            after = endpoint | {"EndpointStatus": "InService", "FailureReason": "no capacity"}
        self.endpoints[EndpointName] = endpoint | {"EndpointStatus": "Updating"}
        self.aimed[EndpointName] = self.looks, after
        return {}

    def _update_endpoint_weights_and_capacities(
        self, EndpointName: str, DesiredWeightsAndCapacities: list[Any]
    ) -> Any:
        endpoint = self._idle(EndpointName)
        desired = {change["VariantName"]: change for change in DesiredWeightsAndCapacities}
        weighed = {name for name, change in desired.items() if "DesiredWeight" in change}
        every = {v["VariantName"] for v in endpoint["ProductionVariants"]}
        if EndpointName not in self.weighed and weighed != every:
            raise refusal(
                "ValidationException", "The first call must give the DesiredWeight of every variant"
            )
        self.weighed.add(EndpointName)
        wanted = [v | desired.get(v["VariantName"], {}) for v in endpoint["ProductionVariants"]]
        self.endpoints[EndpointName] = endpoint | {"EndpointStatus": "Updating", "ProductionVariants": wanted}
        reached = [
            v | {"CurrentWeight": v["DesiredWeight"], "CurrentInstanceCount": v["DesiredInstanceCount"]}
            for v in wanted
        ]
        self.aimed[EndpointName] = self.looks, endpoint | {"ProductionVariants": reached}
        return {}

    def _delete_endpoint(self, EndpointName: str) -> Any:
        self._endpoint(EndpointName)
        self.endpoints[EndpointName] |= {"EndpointStatus": "Deleting"}
        self.aimed[EndpointName] = self.looks, {}
        return {}

    def _list_tags(self, ResourceArn: str) -> Any:
        return {"Tags": [{"Key": k, "Value": v} for k, v in self.tags.get(ResourceArn, {}).items()]}

    def _add_tags(self, ResourceArn: str, Tags: list[Any]) -> Any:
        self.tags.setdefault(ResourceArn, {}).update({tag["Key"]: tag["Value"] for tag in Tags})
        return {}

    def _delete_tags(self, ResourceArn: str, TagKeys: list[str]) -> Any:
        for key in TagKeys:
            self.tags[ResourceArn].pop(key, None)
        return {}

    def _describe_model_package(self, ModelPackageName: str) -> Any:
        if ModelPackageName not in self.packages:
            raise refusal("ValidationException", f"ModelPackage {ModelPackageName} does not exist.")
        return self.packages[ModelPackageName]

    def _endpoint(self, name: str) -> Any:
        if name not in self.endpoints:
            raise missing(f'endpoint "{name}"')
        return self.endpoints[name]

    def _idle(self, name: str, *more: str) -> Any:
        endpoint = self._endpoint(name)
        if endpoint["EndpointStatus"] not in {"InService", *more}:
            raise refusal("ValidationException", f"Cannot update in-progress endpoint {name}")
        return endpoint

    def _variants(self, config: str, before: dict[str, Any]) -> list[Any]:
        return [
            before.get(v["VariantName"])
            or {
                "VariantName": v["VariantName"],
                "CurrentWeight": v["InitialVariantWeight"],
                "DesiredWeight": v["InitialVariantWeight"],
                "CurrentInstanceCount": v["InitialInstanceCount"],
                "DesiredInstanceCount": v["InitialInstanceCount"],
            }
            for v in self.configs[config]["ProductionVariants"]
        ]

    # --- Application Auto Scaling

    def _describe_scalable_targets(self, ServiceNamespace: str, ResourceIds: list[str]) -> Any:
        assert ServiceNamespace == "sagemaker"
        names = [each for each in ResourceIds if each in self.scaled]
        return {
            "ScalableTargets": [
                {"ResourceId": each, "MinCapacity": 2, "MaxCapacity": 6, "SuspendedState": self._state(each)}
                for each in names
            ]
        }

    def _state(self, resource: str) -> dict[str, bool]:
        """AWS shows all three."""
        return {
            f"{each}Suspended": self.suspended.get(resource, {}).get(f"{each}Suspended", False)
            for each in ("DynamicScalingIn", "DynamicScalingOut", "ScheduledScaling")
        }

    def _describe_scaling_policies(
        self, ServiceNamespace: str, ResourceId: str, ScalableDimension: str, NextToken: str = "0"
    ) -> Any:
        """A page holds ten."""
        assert (ServiceNamespace, ScalableDimension) == _SCALED
        first, result = int(NextToken), self.policies.get(ResourceId, [])
        more = {"NextToken": str(first + 10)} if len(result) > first + 10 else {}
        return {"ScalingPolicies": result[first : first + 10], **more}

    def _register_scalable_target(
        self,
        *,
        ServiceNamespace: str,
        ResourceId: str,
        ScalableDimension: str,
        MinCapacity: int,
        MaxCapacity: int,
        SuspendedState: dict[str, bool] | None = None,
    ) -> Any:
        assert (ServiceNamespace, ScalableDimension, MinCapacity, MaxCapacity) == (*_SCALED, 2, 6)
        self.scaled.add(ResourceId)
        self.suspended |= {ResourceId: SuspendedState} if SuspendedState else {}
        return {}

    def _put_scaling_policy(
        self, ServiceNamespace: str, ResourceId: str, ScalableDimension: str, **policy: Any
    ) -> Any:
        assert (ServiceNamespace, ScalableDimension) == _SCALED
        self.policies.setdefault(ResourceId, []).append(policy)
        return {}

    def _deregister_scalable_target(
        self, ServiceNamespace: str, ResourceId: str, ScalableDimension: str
    ) -> Any:
        assert (ServiceNamespace, ScalableDimension) == _SCALED
        if ResourceId not in self.scaled:
            raise refusal("ObjectNotFoundException", f"No scalable target found for {ResourceId}")
        self.scaled.remove(ResourceId)
        self.policies.pop(ResourceId, None)
        self.suspended.pop(ResourceId, None)
        return {}


class _Client:
    """A client of one service and kind."""

    def __init__(self, aws: FakeAws, service: str, kind: str) -> None:
        self._aws, self._service, self._kind = aws, service, kind

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)
        return lambda **parameters: self._aws.call(self._kind, self._service, operation, parameters)

    def get_paginator(self, operation: str) -> "_Pages":
        return _Pages(getattr(self, operation))


class _Pages:
    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def paginate(self, **parameters: Any) -> list[Any]:
        return [self._call(**parameters)]
