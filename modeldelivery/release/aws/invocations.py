"""The variants of a SageMaker endpoint, each asked by itself.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

import time
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from modeldelivery.release.aws.errors import AnsweredError, translated
from modeldelivery.release.core.probes import Answer, Request
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime.client import SageMakerRuntimeClient

INFERENCE_ID = "modelctl-verify"  # by which what is captured tells these requests from callers'
_NO_ANSWER = "error (0)"  # in SageMaker's words about a container that closed, or that took longer than 60 s
_NOT_READY, _TOO_LARGE = "ModelNotReadyException", 413
_UNAVAILABLE = 503


class SageMakerInvocations(msgspec.Struct, frozen=True, kw_only=True):
    """An `Invocations`. `endpoint`: its name."""

    runtime: "SageMakerRuntimeClient"
    endpoint: str

    def invoke(self, version: Version, request: Request) -> Answer:
        call = f"sagemaker:InvokeEndpoint {self.endpoint} {variant_name(version)}"
        started = time.perf_counter()
        try:
            with translated(call):
                response = self.runtime.invoke_endpoint(**invocation(self.endpoint, version, request))
                body = response["Body"].read()
        except ClientError as error:
            return _refused(call, error, time.perf_counter() - started)
        seconds = time.perf_counter() - started
        if response["InvokedProductionVariant"] != variant_name(version):
            raise AnsweredError(f"{call}: {response['InvokedProductionVariant']} answered")
        return Answer(
            status=response["ResponseMetadata"]["HTTPStatusCode"],
            body=body,
            seconds=seconds,
            content_type=response.get("ContentType", ""),
        )


def invocation(endpoint: str, version: Version, request: Request) -> Any:
    """InvokeEndpoint's parameters."""
    return {
        "EndpointName": endpoint,
        "TargetVariant": variant_name(version),
        "ContentType": request.content_type,
        "Body": request.body,
        "InferenceId": INFERENCE_ID,
        **({"Accept": request.accept} if request.accept else {}),
    }


def _refused(call: str, error: ClientError, seconds: float) -> Answer:
    """What the container answered, of what SageMaker says about it."""
    response: Any = error.response
    code, message = response["Error"].get("Code", ""), response["Error"].get("Message", "")
    if code == "ModelError":
        words = response.get("OriginalMessage") or message
        status = 0 if _NO_ANSWER in message else int(response.get("OriginalStatusCode", 0))
        return Answer(status=status, body=words.encode(), seconds=seconds)
    if code == _NOT_READY:
        return Answer(status=_UNAVAILABLE, body=message.encode(), seconds=seconds)
    if response["ResponseMetadata"].get("HTTPStatusCode") == _TOO_LARGE:  # SageMaker's own bound
        return Answer(status=_TOO_LARGE, body=message.encode(), seconds=seconds)
    raise AnsweredError(f"{call}: {message or error}") from error
