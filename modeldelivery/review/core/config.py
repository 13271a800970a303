"""What the reader needs of a stack's config, as the preview has it; infra/settings.py has judged all of it before."""

import msgspec

from modeldelivery.review.core.document import Document, DocumentError, project_of, stack_of
from modeldelivery.review.core.errors import ReviewError

PROJECT = "model-delivery"  # Pulumi.yaml's name: keys of any other namespace say nothing about this one


class ConfigError(ReviewError, ValueError):
    """A preview that is not of this project or environment, or whose config does not say what is needed."""


class StackConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One stack's.

    Attributes:
        protect: what the environment holds refuses to be deleted.
        promotes_from: the environment where a version must have carried all traffic before; None when none is named.
    """

    account: str
    region: str
    protect: bool
    promotes_from: str | None


def read_config(environment: str, document: Document) -> StackConfig:
    """Read it. Raises ConfigError, DocumentError."""
    for step in document.steps:
        if (stack_of(step.urn), project_of(step.urn)) != (environment, PROJECT):
            raise DocumentError(
                f"{step.urn!r} is not a resource of {environment} of {PROJECT}: this is another stack's preview"
            )
    config = document.config
    try:
        accounts = msgspec.json.decode(config["aws:allowedAccountIds"], type=list[str])
        promotion = msgspec.json.decode(config.get(f"{PROJECT}:promotion", "{}"), type=dict[str, str])
        return StackConfig(
            account=accounts[0] if accounts else "",
            region=config["aws:region"],
            protect=msgspec.json.decode(config[f"{PROJECT}:protect"], type=bool),
            promotes_from=promotion.get("from"),
        )
    except KeyError as missing:
        raise ConfigError(
            f"the preview of {environment} has no config {missing}: is it of this project?"
        ) from None
    except msgspec.DecodeError as error:
        raise ConfigError(f"the config in the preview of {environment} cannot be read: {error}") from error
