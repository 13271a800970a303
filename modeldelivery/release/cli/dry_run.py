"""A dry run: the very adapters, over clients that read AWS, write to memory, and list every call with its parameters."""

import io
import json
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from modeldelivery.release.aws.artifact import PART_SIZE, checksums
from modeldelivery.release.aws.environment import Access, Clients
from modeldelivery.release.aws.traffic import CONDITIONS
from modeldelivery.release.cli.outcome import Call
from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.ports import Clock

UNASKED = "to record whose the change was; a dry run does not ask"
ASSUMED = "assumes that SageMaker ends what it is doing and gives what it was asked for"


class DryRun:
    """Access to an account, a clock that skips every wait, and a caller. What was written is what is read afterwards."""

    def __init__(self, account: Access, clock: Clock) -> None:
        self.calls: list[Call] = []
        self.known_arn, self.arn = account.known_arn, account.arn
        self._clock, self.skipped = clock, 0.0
        self.id = account.id
        self.fenced: Clients = _Clients(account.fenced, self)
        self.patient: Clients = _Clients(account.patient, self)
        self._account = account

    @cached_property
    def runtime(self) -> Any:
        return _Runtime(self._account.runtime, self)

    def monotonic(self) -> float:
        return self._clock.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.skipped += seconds

    def ask(self) -> None:
        if self.known_arn is None:
            made = Call(call="sts:GetCallerIdentity", writes=False, parameters={}, note=UNASKED)
            self.calls += [] if made in self.calls else [made]

    def answer(self, within: float) -> str | None:  # noqa: ARG002 - nothing is waited for
        return self.known_arn

    def wrote(self, call: str, parameters: dict[str, Any]) -> None:
        note = ASSUMED if self.skipped else None
        self.calls.append(Call(call=call, writes=True, parameters=_shown(parameters), note=note))

    def read(self, call: str, parameters: dict[str, Any]) -> None:
        """Polls are listed once."""
        made = Call(call=call, writes=False, parameters=_shown(parameters))
        since = max((n for n, c in enumerate(self.calls) if c.writes), default=-1)
        if made not in self.calls[since + 1 :]:
            self.calls.append(made)


class _Clients:
    """Clients of one kind; those beneath are made when they are first used."""

    def __init__(self, clients: Clients, dry_run: DryRun) -> None:
        self._clients, self._dry_run = clients, dry_run

    @cached_property
    def s3(self) -> Any:
        return _S3(self._clients.s3, self._dry_run)

    @cached_property
    def sagemaker(self) -> Any:
        return _SageMaker(self._clients.sagemaker, self._dry_run)

    @cached_property
    def ecr(self) -> Any:
        return _Reads("ecr", self._clients.ecr, self._dry_run)

    @cached_property
    def autoscaling(self) -> Any:
        return _Reads("application-autoscaling", self._clients.autoscaling, self._dry_run)

    @cached_property
    def codepipeline(self) -> Any:
        return _Reads("codepipeline", self._clients.codepipeline, self._dry_run)

    @cached_property
    def codebuild(self) -> Any:
        return _Reads("codebuild", self._clients.codebuild, self._dry_run)


class _Reads:
    """A client of which only what reads is called."""

    def __init__(self, service: str, client: Any, dry_run: DryRun) -> None:
        self._service, self._client, self._dry_run = service, client, dry_run

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not name.startswith(("get_", "head_", "list_", "describe_", "batch_get_")):
            raise AssertionError(f"a dry run would call {self._service} {name}")

        def read(**parameters: Any) -> Any:
            self._dry_run.read(self._named(name), parameters)
            return getattr(self._client, name)(**parameters)

        return read

    def _named(self, name: str) -> str:
        return f"{self._service}:{''.join(part.capitalize() for part in name.split('_'))}"


class _Runtime:
    """Invocations change nothing, and are made; each of a variant is listed once, since a verification makes a thousand."""

    def __init__(self, client: Any, dry_run: DryRun) -> None:
        self._client, self._dry_run = client, dry_run

    def invoke_endpoint(self, **parameters: Any) -> Any:
        named = {name: parameters[name] for name in ("EndpointName", "TargetVariant")}
        self._dry_run.read("sagemaker:InvokeEndpoint", named)
        return self._client.invoke_endpoint(**parameters)


class _S3(_Reads):
    """Objects put stay in memory; dates are S3's plus the waits that were skipped."""

    def __init__(self, client: Any, dry_run: DryRun) -> None:
        super().__init__("s3", client, dry_run)
        self._put: dict[str, bytes] = {}
        self._uploaded: dict[str, dict[str, Any]] = {}
        self._last: tuple[float, float] | None = None

    def get_object(self, **parameters: Any) -> Any:
        self._dry_run.read("s3:GetObject", parameters)
        body = self._put.get(parameters["Key"])
        if body is not None:
            return {"Body": io.BytesIO(body), "ETag": '"dry run"'} | self._dated()
        try:
            response = self._client.get_object(**parameters)
        except ClientError as error:
            self._see(error.response)
            raise
        self._see(response)
        return response

    def put_object(self, **parameters: Any) -> Any:
        self._dry_run.wrote("s3:PutObject", parameters)
        body = parameters["Body"]
        self._put[parameters["Key"]] = body if isinstance(body, bytes) else b""
        return {"ETag": '"dry run"'} | self._dated()

    def upload_file(self, **parameters: Any) -> None:
        """Several calls in one; the callback and the number of threads are nobody's but this program's."""
        sent = {"Bucket": parameters["Bucket"], "Key": parameters["Key"], **parameters["ExtraArgs"]}
        for call in ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"):
            self._dry_run.wrote(f"s3:{call}", sent)
        self._uploaded[parameters["Key"]] = parameters

    def head_object(self, **parameters: Any) -> Any:
        uploaded = self._uploaded.get(parameters["Key"])
        if uploaded is None:
            self._dry_run.read("s3:HeadObject", parameters)
            return self._client.head_object(**parameters)
        metadata = uploaded["ExtraArgs"]["Metadata"]
        local = checksums(Path(uploaded["Filename"]), int(metadata[PART_SIZE]))
        return {"ChecksumSHA256": local.over_parts, "Metadata": metadata}

    def _see(self, response: Any) -> None:
        """Learn S3's clock, and set it on by the waits that were skipped."""
        headers = response["ResponseMetadata"]["HTTPHeaders"]
        now = parsedate_to_datetime(headers["date"]).timestamp() + self._dry_run.skipped
        self._last = now, self._dry_run.monotonic()
        headers["date"] = formatdate(now, usegmt=True)

    def _dated(self) -> dict[str, Any]:
        assert self._last is not None, "every operation reads before it writes"
        response, at = self._last
        now = response + self._dry_run.monotonic() - at
        return {"ResponseMetadata": {"HTTPHeaders": {"date": formatdate(now, usegmt=True)}}}


class _SageMaker(_Reads):
    """An endpoint that at once does as it is asked."""

    def __init__(self, client: Any, dry_run: DryRun) -> None:
        super().__init__("sagemaker", client, dry_run)
        self._asked: dict[str, dict[str, Any]] = {}

    def describe_endpoint(self, **parameters: Any) -> Any:
        self._dry_run.read("sagemaker:DescribeEndpoint", parameters)
        response = self._client.describe_endpoint(**parameters)
        settled = CONDITIONS.get(response["EndpointStatus"]) is Condition.BUSY and self._dry_run.skipped
        for variant in response.get("ProductionVariants", []):
            variant.update(self._asked.get(variant["VariantName"], {}))
            if settled or variant["VariantName"] in self._asked:
                variant["CurrentWeight"] = variant["DesiredWeight"]
                variant["CurrentInstanceCount"] = variant["DesiredInstanceCount"]
        return response | ({"EndpointStatus": "InService"} if settled or self._asked else {})

    def update_endpoint_weights_and_capacities(self, **parameters: Any) -> Any:
        self._dry_run.wrote("sagemaker:UpdateEndpointWeightsAndCapacities", parameters)
        for change in parameters["DesiredWeightsAndCapacities"]:
            self._asked.setdefault(change["VariantName"], {}).update(change)
        return {}

    def add_tags(self, **parameters: Any) -> Any:
        self._dry_run.wrote("sagemaker:AddTags", parameters)
        return {}

    def delete_tags(self, **parameters: Any) -> Any:
        self._dry_run.wrote("sagemaker:DeleteTags", parameters)
        return {}

    def update_model_package(self, **parameters: Any) -> Any:
        self._dry_run.wrote("sagemaker:UpdateModelPackage", parameters)
        return {}

    def create_model_package(self, **parameters: Any) -> Any:
        self._dry_run.wrote("sagemaker:CreateModelPackage", parameters)
        return {"ModelPackageArn": f"(of the new package in {parameters['ModelPackageGroupName']})"}

    def start_pipeline_execution(self, **parameters: Any) -> Any:
        self._dry_run.wrote("sagemaker:StartPipelineExecution", parameters)
        return {"PipelineExecutionArn": f"the new execution of {parameters['PipelineName']}"}

    def retry_pipeline_execution(self, **parameters: Any) -> Any:
        self._dry_run.wrote("sagemaker:RetryPipelineExecution", parameters)
        return {}


def _shown(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: _readable(value) if name == "Body" else value for name, value in parameters.items()}


def _readable(body: Any) -> Any:
    if isinstance(body, bytes):
        try:
            return json.loads(body)
        except ValueError:
            return f"<{len(body)} bytes>"
    return f"<contents of {body.name}>"
