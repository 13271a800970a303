"""Every service that the sandbox answers, and who answers for it; another is refused by name.

To add one: an entry in `services`, and a file or folder of its own where the sandbox answers itself.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from sandbox.buckets import Buckets
from sandbox.call import Call, Request
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
    """

    model: str
    answer: Answering
    guard: Guard = _unguarded


def services(cloud: Cloud, sagemaker: SageMaker) -> Mapping[str, Service]:
    """By the name that requests are signed with.

    moto answers CodeBuild, CodePipeline and others with stubs that pretend success: they are left out on purpose.
    """
    moto = cloud.play
    return {
        # moto as it is
        "application-autoscaling": Service("application-autoscaling", moto),
        "ecr": Service("ecr", moto),
        "events": Service("events", moto),
        "iam": Service("iam", moto),
        "kms": Service("kms", moto),
        "logs": Service("logs", moto),
        "monitoring": Service("cloudwatch", moto),
        "sns": Service("sns", moto),
        "sts": Service("sts", moto),
        "tagging": Service("resourcegroupstaggingapi", moto),
        # moto, with sandbox/moto_patches and a guard
        "s3": Service("s3", moto, guard=Buckets().guard),
        # the sandbox itself
        "sagemaker": Service("sagemaker", sagemaker.answer),
    }
