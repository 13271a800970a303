"""Every resource that can carry tags carries these."""

from collections.abc import Mapping

import pulumi
from pulumi.runtime import register_stack_transformation

from infra.settings import Settings
from modeldelivery.release.naming import APPROVAL_TAG


def standard_tags(settings: Settings) -> dict[str, str]:
    """What a bill or an inventory is grouped by."""
    place = settings.place
    return {
        "model": place.model,
        "environment": place.environment,
        "owner": settings.owner,
        "managed-by": "pulumi",
    }


def approval_tags(settings: Settings) -> dict[str, str]:
    """Who approves versions, where whoever has no config of this program can read it: on the model package group."""
    return {APPROVAL_TAG: settings.approval.by}


def tag_everything(tags: Mapping[str, str]) -> None:
    """Add tags to all resources declared from here on; a resource's own win."""

    def tagged(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if "tags" not in args.props:
            return None  # typed SDKs pass `tags`, if only as None, for every type that has them
        own = pulumi.Output.from_input(args.props["tags"])
        every = own.apply(lambda mine: {**tags, **(mine or {})})
        return pulumi.ResourceTransformationResult({**args.props, "tags": every}, args.opts)

    register_stack_transformation(tagged)
