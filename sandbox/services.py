"""Every service that the sandbox answers, and who answers for it; another is refused by name.

To add one: an entry in `services`, and a file or folder of its own where the sandbox answers itself.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from sandbox.alarms import guard as alarms
from sandbox.api.acts import Acts
from sandbox.api.request import Request
from sandbox.buckets import Buckets
from sandbox.call import Call
from sandbox.cloud import Cloud
from sandbox.downloads import Downloads
from sandbox.events import guard as events
from sandbox.json_service import JsonService
from sandbox.moto_ignores import acts_of
from sandbox.refusal import Answer
from sandbox.sagemaker.actions import SageMaker

# Both take the call, the account that makes it and the HTTP request, and raise RefusedError.
Answering = Callable[[Call, str, Request], Answer]
Guard = Callable[[Call, str, Request], AbstractContextManager[None]]


_INVALID = {"codebuild": "InvalidInputException"}


def _unguarded(_call: Call, _account: str, _request: Request) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class Service:
    """A service of AWS.

    Attributes:
        model: botocore's name of it.
        answer: runs one call.
        guard: entered around the answer; what AWS refuses here and moto does not.
        invalid: the code with which it refuses what its model does not allow.
        acts: by action, which members the sandbox acts on; every member of an action that is not there.
    """

    model: str
    answer: Answering
    guard: Guard = _unguarded
    invalid: str = "ValidationException"
    acts: Mapping[str, Acts] = field(default_factory=dict)


def services(
    cloud: Cloud, sagemaker: SageMaker, downloads: Downloads, own: Mapping[str, JsonService]
) -> Mapping[str, Service]:
    """By the name that requests are signed with.

    moto answers CodeBuild, CodePipeline and others with stubs that pretend success: the sandbox does so itself (`own`).
    """

    def moto(model: str, guard: Guard = _unguarded, invalid: str = "ValidationException") -> Service:
        return Service(model, cloud.play, guard, invalid, acts_of(model))

    return {
        # moto as it is, but for what it ignores (sandbox/moto_ignores.py)
        "iam": moto("iam", invalid="ValidationError"),
        "kms": moto("kms"),
        "sns": moto("sns", invalid="InvalidParameter"),
        "sqs": moto("sqs", invalid="InvalidParameterValue"),
        "sts": moto("sts", invalid="ValidationError"),
        "tagging": moto("resourcegroupstaggingapi", invalid="InvalidParameterException"),
        # moto with patches (sandbox/moto_patches) or a guard
        "application-autoscaling": moto("application-autoscaling"),
        "events": moto("events", events.guard),
        "logs": moto("logs", invalid="InvalidParameterException"),
        "monitoring": moto("cloudwatch", alarms.guard, invalid="ValidationError"),
        "s3": moto("s3", Buckets().guard, invalid="InvalidArgument"),
        # the sandbox itself, and moto for the rest
        "ecr": Service("ecr", downloads.answer, invalid="InvalidParameterException", acts=acts_of("ecr")),
        # the sandbox itself
        "sagemaker": Service("sagemaker", sagemaker.answer, acts=sagemaker.acts),
        **{
            name: Service(
                name, service.answer, invalid=_INVALID.get(name, "ValidationException"), acts=service.acts
            )
            for name, service in own.items()
        },
    }
