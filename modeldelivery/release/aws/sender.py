"""InvokeEndpoint as a caller sends it: once, to whichever variant the weights say.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from modeldelivery.release.core.probes import Request
from modeldelivery.release.stream_ports import Reply

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime.client import SageMakerRuntimeClient


INFERENCE_ID = "modelctl-drill"  # by which what is captured tells these requests from callers'


class SageMakerSender(msgspec.Struct, frozen=True, kw_only=True):
    """A Sender of one endpoint; its client sends once (`release.aws.session.MEASURED`)."""

    runtime: "SageMakerRuntimeClient"
    endpoint: str

    def send(self, request: Request) -> Reply:
        more: dict[str, Any] = {"Accept": request.accept} if request.accept else {}
        try:
            response = self.runtime.invoke_endpoint(
                EndpointName=self.endpoint,
                ContentType=request.content_type,
                InferenceId=INFERENCE_ID,
                Body=request.body,
                **more,
            )
            response["Body"].read()
        except ClientError as error:
            return Reply(int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)))
        except BotoCoreError:
            return Reply(0)
        status = int(response["ResponseMetadata"]["HTTPStatusCode"])
        return Reply(status, response.get("InvokedProductionVariant", ""))
