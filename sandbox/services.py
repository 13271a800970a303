"""Every service that the sandbox answers, and who answers for it; another is refused by name.

To add one: an entry in `services`, and a file or folder of its own where the sandbox answers itself.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from sandbox import alarms
from sandbox.api.acts import Acts
from sandbox.api.request import Request
from sandbox.buckets import Buckets
from sandbox.call import Call
from sandbox.cloud import Cloud
from sandbox.refusal import Answer
from sandbox.sagemaker.actions import SageMaker

# Both take the call, the account that makes it and the HTTP request, and raise RefusedError.
Answering = Callable[[Call, str, Request], Answer]
Guard = Callable[[Call, str, Request], AbstractContextManager[None]]


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


def services(cloud: Cloud, sagemaker: SageMaker) -> Mapping[str, Service]:
    """By the name that requests are signed with.

    moto answers CodeBuild, CodePipeline and others with stubs that pretend success: they are left out on purpose.
    """
    moto = cloud.play
    return {
        # moto as it is
        "application-autoscaling": Service("application-autoscaling", moto),
        "ecr": Service("ecr", moto, invalid="InvalidParameterException"),
        "events": Service("events", moto),
        "iam": Service("iam", moto, invalid="ValidationError"),
        "kms": Service("kms", moto),
        "logs": Service("logs", moto, invalid="InvalidParameterException"),
        "sns": Service("sns", moto, invalid="InvalidParameter"),
        "sts": Service("sts", moto, invalid="ValidationError"),
        "tagging": Service("resourcegroupstaggingapi", moto, invalid="InvalidParameterException"),
        # moto, with sandbox/moto_patches or a guard
        "monitoring": Service("cloudwatch", moto, guard=alarms.guard, invalid="ValidationError"),
        "s3": Service("s3", moto, guard=Buckets().guard, invalid="InvalidArgument"),
        # the sandbox itself
        "sagemaker": Service("sagemaker", sagemaker.answer, acts=sagemaker.acts),
    }
