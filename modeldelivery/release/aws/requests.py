"""What AWS will be asked for a version, and what it would refuse of that, by its own models as botocore has them installed.

A version's name is claimed once and for ever, so what SageMaker would refuse later, of the package or of what serves the
version, must be known before: patterns, lengths and ranges are read from the models, none is copied here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from modeldelivery.release.errors import InvalidError
from modeldelivery.release.figures import NAME as METRICS
from modeldelivery.release.naming import Place, evidence_key, variant_name
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.samples import Sample

MEDIA_TYPES = ("application/json", "text/csv")  # of this project's own model server
_AUTO_NAMED = "-0123456"  # what Pulumi adds to a name
_ROLE = "arn:aws:iam::{account}:role/serving"  # of no meaning; CreateModel requires one


class Refusal(msgspec.Struct, frozen=True):
    """One thing that AWS would refuse: of which call, and why in AWS' words."""

    call: str
    why: str


def package_request(place: Place, record: VersionRecord) -> dict[str, Any]:
    """CreateModelPackage's, but for its ClientToken."""
    samples = record.samples
    answers = samples.accepts if samples else MEDIA_TYPES
    metrics, source = _metrics(place, record), _metadata(record)
    return {
        "ModelPackageGroupName": place.package_group,
        "ModelPackageDescription": f"{place.model} {record.version}",
        "InferenceSpecification": {
            "Containers": [{"Image": record.image, "ModelDataUrl": record.model_data}],
            "SupportedContentTypes": list(samples.content_types if samples else MEDIA_TYPES),
            **({"SupportedResponseMIMETypes": list(answers)} if answers else {}),
        },
        "ModelApprovalStatus": "PendingManualApproval",
        "CustomerMetadataProperties": package_properties(record),
        **({"ModelMetrics": {"ModelQuality": {"Statistics": metrics}}} if metrics else {}),
        **({"MetadataProperties": source} if source else {}),
    }


def package_properties(record: VersionRecord) -> dict[str, str]:
    """By which a package is known to be a version's."""
    return {
        "version": record.version,
        "image": record.digests.image,
        "model": record.digests.model,
        "data": record.digests.data,
    }


def _metrics(place: Place, record: VersionRecord) -> dict[str, str] | None:
    """Where the version's metrics are, and their digest; None of a version without."""
    digest = (record.evidence or {}).get(METRICS)
    if digest is None:
        return None
    key = evidence_key(record.digests.id, METRICS)
    return {
        "ContentType": "application/json",
        "ContentDigest": digest,
        "S3Uri": f"s3://{place.registry_bucket}/{key}",
    }


def _metadata(record: VersionRecord) -> dict[str, str]:
    """Commit and execution, where the record names them."""
    source = record.source
    named = (("CommitId", source.commit), ("GeneratedBy", source.execution)) if source else ()
    return {name: value for name, value in named if value}


def refusals(place: Place, record: VersionRecord, samples: Sequence[Sample] = ()) -> Iterator[Refusal]:
    """What AWS would refuse of a version's package, model and variant, and of its sample requests.

    Raises:
        InvalidError: a model of the installed botocore has a pattern that this version of modelctl cannot read.
    """
    # Loading the models takes tenths of a second, and a rollback needs none.
    from modeldelivery.awsmodels.check import violations  # noqa: PLC0415 - as above
    from modeldelivery.awsmodels.models import input_of, operation  # noqa: PLC0415 - as above
    from modeldelivery.awsmodels.pattern import UnsupportedPatternError  # noqa: PLC0415 - as above

    for service, action, request in (*_requests(place, record), *_invocations(place, record, samples)):
        model = operation(service, action)
        assert model is not None, f"botocore has no {service} {action}"
        try:
            refused = list(violations(input_of(model), request))
        except UnsupportedPatternError as error:
            raise InvalidError(
                f"botocore's model of {service}:{action} has a pattern that this version of modelctl cannot read ({error})",
                hint="update modelctl",
            ) from error
        yield from (Refusal(f"{service}:{action}", each.text) for each in refused)


def _invocations(
    place: Place, record: VersionRecord, samples: Sequence[Sample]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for sample in samples:
        request = {
            "EndpointName": place.endpoint,
            "TargetVariant": variant_name(record.version),
            "ContentType": sample.content_type,
            "Body": sample.data,
        }
        yield (
            "sagemaker-runtime",
            "InvokeEndpoint",
            request | ({"Accept": sample.accept} if sample.accept else {}),
        )


def _requests(place: Place, record: VersionRecord) -> Iterator[tuple[str, str, dict[str, Any]]]:
    variant = variant_name(record.version)
    model = f"{place.endpoint}-{variant}{_AUTO_NAMED}"
    container = {
        "Image": record.image,
        "ModelDataUrl": record.model_data,
        "Environment": {"MODEL_VERSION": record.version, "MODEL_SHA256": record.digests.model},
    }
    package = package_request(place, record)
    properties = package.pop("CustomerMetadataProperties")
    yield "sagemaker", "CreateModelPackage", package
    for (
        name,
        value,
    ) in properties.items():  # one by one: AWS' words repeat the whole map and do not say which is wrong
        yield "sagemaker", "CreateModelPackage", {"CustomerMetadataProperties": {name: value}}
    yield (
        "sagemaker",
        "CreateModel",
        {
            "ModelName": model,
            "ExecutionRoleArn": _ROLE.format(account=place.account),
            "PrimaryContainer": container,
        },
    )
    yield (
        "sagemaker",
        "CreateEndpointConfig",
        {
            "EndpointConfigName": f"{place.endpoint}{_AUTO_NAMED}",
            "ProductionVariants": [{"VariantName": variant, "ModelName": model}],
        },
    )
