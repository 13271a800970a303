"""Who pays, who answers: on everything that can say so."""

from collections.abc import Mapping

from modeldelivery.catalogue.table import kind_of
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, ResourceRule
from modeldelivery.policy.stack import UNKNOWN, Environment, Resource

REQUIRED = ("model", "environment", "owner", "managed-by")

# This project's own components are only names that others stand under.
_COMPONENTS = "model-delivery:"
_ROW = "if there are no tags on {}, say so in a row of its own in modeldelivery/catalogue/table.py"


def _judge(resource: Resource, _: Environment) -> Found:
    kind = kind_of(resource.type)
    if resource.type.startswith(_COMPONENTS) or not kind.taggable:
        return
    tags = resource.props.get("tags")
    if tags is UNKNOWN:
        yield NotKnown(resource=resource, what="tags")
        return
    for tag in REQUIRED:
        if not (isinstance(tags, Mapping) and tags.get(tag)):
            yield Finding(
                resource=resource,
                what=f"tag {tag}",
                text=f"{resource.name} has no tag {tag}.",
                fix="`infra.tags.tag_everything` tags what passes `tags` (a class of one's own passes `tags: None`)"
                + ("" if kind.is_known else f"; {_ROW.format(resource.type)}"),
            )


TAGS = ResourceRule(
    name="tags",
    level=Level.MANDATORY,
    reason="A bill, an inventory and an alarm at night begin with whose it is.",
    fix="the tags model, environment, owner and managed-by, which `infra.tags.tag_everything` adds",
    judge=_judge,
)
