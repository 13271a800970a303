"""Safety that a change takes away or weakens: protection, encryption, versions, watching."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from modeldelivery.catalogue.kind import Nature
from modeldelivery.catalogue.tokens import (
    ALARM,
    BUCKET_LIFECYCLE,
    BUCKET_VERSIONING,
    BUCKETS,
    ENDPOINT,
    KEY,
    MODEL,
    PACKAGE_GROUP,
    PUBLIC_ACCESS_BLOCK,
    REPOSITORY,
    ROUTE,
    SCHEDULE,
    is_of_a_cluster,
)
from modeldelivery.release.naming import APPROVAL_TAG, CAPTURE_FOLDER
from modeldelivery.review.core.cluster import judges
from modeldelivery.review.core.document import holds_unknown
from modeldelivery.review.core.touched import Effect, Touched

Inputs = Mapping[str, Any]
Judge = Callable[[Inputs, Inputs], Iterator[str]]

# What a resource is described by, and nothing depends on.
METADATA = frozenset({"tags", "tagsAll", "ignoreTags", "description", "alarmDescription"})

_CLUSTER_PROVIDER = "pulumi:providers:kubernetes"
_CHANGES = frozenset({Effect.UPDATE, Effect.REPLACE, Effect.NONE})


def described(resource: Touched) -> frozenset[str]:
    """Properties of the resource that only describe it; labels and annotations of a cluster's object do, its namespace does not.

    Where whoever runs Pulumi has a kubeconfig says nothing: context and cluster are properties of their own.
    """
    if resource.type == _CLUSTER_PROVIDER:
        return METADATA | {"kubeconfig"}
    if is_of_a_cluster(resource.type) and not resource.elsewhere:
        return METADATA | {"metadata"}
    return METADATA


def weakened(resource: Touched) -> tuple[str, ...]:
    """Sentences on what is less safe after the change; none where nothing is."""
    weaknesses = list(_engine_options(resource))
    if resource.effect in {Effect.CREATE, Effect.ADOPT, *_CHANGES} and resource.new:
        weaknesses += judges.weakened(resource.type, resource.counterpart, resource.after)
    if resource.effect in _CHANGES and resource.new and resource.old:
        judge = _JUDGES.get(resource.type)
        judged = list(judge(resource.before, resource.after)) if judge else []
        weaknesses += judged
        changed = resource.changed - described(resource)
        if (
            resource.kind.nature is Nature.GUARDS
            and not judged
            and not judges.is_judged(resource.type)
            and changed
            and resource.effect is not Effect.NONE
        ):
            weaknesses += _unless_harmless(resource, changed)
    return tuple(weaknesses)


def _engine_options(resource: Touched) -> Iterator[str]:
    old, new = resource.old, resource.new
    if old and new:
        if old.protect and not new.protect:
            yield "its protection is lifted: the next change may delete it"
        if old.retain_on_delete and not new.retain_on_delete:
            yield "it is deleted for good when it leaves the program"


def _unless_harmless(resource: Touched, changed: frozenset[str]) -> Iterator[str]:
    """A guard that changes is weakened, unless its own judge knows better; policies are compared as policies."""
    if resource.type in _JUDGES or changed <= {"policy"}:
        if any(holds_unknown(resource.after.get(key)) for key in changed - {"policy"}):
            yield "what it will be is known only after the update"
        return
    yield f"it changes: {', '.join(sorted(changed))}"


def _bucket(old: Inputs, new: Inputs) -> Iterator[str]:
    yield from _turned_on(old, new, "forceDestroy", "deleting it would delete what is in it")
    yield from _turned_off(old, new, "objectLockEnabled", "its objects are not locked any more")
    if old.get("acl") != new.get("acl") and new.get("acl") not in (None, "private"):
        yield f"its ACL becomes {new.get('acl')}"


def _repository(old: Inputs, new: Inputs) -> Iterator[str]:
    yield from _turned_on(old, new, "forceDelete", "deleting it would delete its images")
    was, will = (inputs.get("imageTagMutability") or "MUTABLE" for inputs in (old, new))
    if will != was != "MUTABLE":
        yield f"its image tags become {will}"
    scanned = [_at(inputs, "imageScanningConfiguration", "scanOnPush") is True for inputs in (old, new)]
    if scanned == [True, False]:
        yield "images are no longer scanned when they are pushed"
    if old.get("encryptionConfigurations") != new.get("encryptionConfigurations"):
        yield "its encryption changes"


def _key(old: Inputs, new: Inputs) -> Iterator[str]:
    yield from _turned_off(old, new, "enableKeyRotation", "key rotation is turned off")
    if new.get("isEnabled") is False and old.get("isEnabled") is not False:
        yield "it is disabled: nothing under it can be read"
    yield from _turned_on(
        old, new, "bypassPolicyLockoutSafetyCheck", "its policy may lock out whoever mends it"
    )
    was, will = (inputs.get("deletionWindowInDays", 30) for inputs in (old, new))  # KMS's own default
    if _less(will, was):
        yield f"its deletion can be taken back for {will} days, not {was}"


def _versioning(old: Inputs, new: Inputs) -> Iterator[str]:
    status = _at(new, "versioningConfiguration", "status")
    if status != "Enabled":
        yield f"replaced objects are no longer kept: versioning becomes {status or 'unset'}"
    if (
        _at(old, "versioningConfiguration", "mfaDelete")
        == "Enabled"
        != _at(new, "versioningConfiguration", "mfaDelete")
    ):
        yield "versions can be deleted without a second factor"


def _public_access(old: Inputs, new: Inputs) -> Iterator[str]:
    for flag in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
        yield from _turned_off(old, new, flag, f"{flag} is off: the bucket can be made public")


def _lifecycle(old: Inputs, new: Inputs) -> Iterator[str]:
    """Data may end sooner: any period that is shorter, and any rule that is new. What is captured may end later, or never."""
    before, after = dict(_periods(old.get("rules"))), dict(_periods(new.get("rules")))
    for what, days in after.items():
        if what not in before:
            yield f"a new period: {what} after {days} days"
        elif days < before[what]:
            yield f"{what} after {days} days, not {before[what]}"
    if holds_unknown(new.get("rules")):
        yield "how long data is kept is known only after the update"
    captured = [period for rule in _of_captures(old) for period in _periods([rule])]
    kept = dict(period for rule in _of_captures(new) for period in _periods([rule]))
    for what, days in captured:
        if what not in kept:
            yield f"captured requests and answers stay for ever: {what} after {days} days is gone; `percent: 0` in capture keeps it"
        elif days < kept[what]:
            yield f"captured requests and answers stay longer: {what} after {kept[what]} days, not {days}"


def _of_captures(inputs: Inputs) -> Iterator[Mapping[str, Any]]:
    """Rules on the folder of what is captured."""
    rules = inputs.get("rules")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, Mapping) and _at(rule, "filter", "prefix") == f"{CAPTURE_FOLDER}/":
            yield rule


def _periods(rules: Any) -> Iterator[tuple[str, float]]:
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        if not isinstance(rule, Mapping) or rule.get("status") == "Disabled":
            continue
        name = rule.get("id") or f"rule {number + 1}"
        for part, period in rule.items():
            for key, value in period.items() if isinstance(period, Mapping) else ():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    yield f"{name}: {part}.{key}", value


def _alarm(old: Inputs, new: Inputs) -> Iterator[str]:
    """It goes off later, or not at all; how it was described does not matter."""
    threshold, was = new.get("threshold"), old.get("threshold")
    above = str(new.get("comparisonOperator")).startswith("GreaterThan")
    if _less(was, threshold) if above else _less(threshold, was):
        yield f"alarm threshold {was} → {threshold}"
    for key in ("evaluationPeriods", "datapointsToAlarm", "period"):
        if _less(old.get(key), new.get(key)):
            yield f"alarm {key} {old.get(key)} → {new.get(key)}"
    if new.get("actionsEnabled") is False and old.get("actionsEnabled") is not False:
        yield "the alarm tells nobody"
    for key in ("alarmActions", "insufficientDataActions"):
        fewer = _texts(old.get(key)) - _texts(new.get(key))
        if fewer:
            yield f"fewer are told by {key}"
    for key in (
        "metricName",
        "namespace",
        "dimensions",
        "statistic",
        "extendedStatistic",
        "comparisonOperator",
        "treatMissingData",
        "metricQueries",
    ):
        if old.get(key) != new.get(key):
            yield f"it watches something else: {key}"


def _model(old: Inputs, new: Inputs) -> Iterator[str]:
    yield from _turned_off(old, new, "enableNetworkIsolation", "its containers may reach the network")


def _endpoint(old: Inputs, new: Inputs) -> Iterator[str]:
    if old.get("kmsKeyArn") and not new.get("kmsKeyArn"):
        yield "its volumes are encrypted no more with the environment's key"
    added = _texts(new.get("allowedAccounts")) - _texts(old.get("allowedAccounts"))
    if added:
        yield f"it may touch other accounts: {', '.join(sorted(added))}"
    approvals = new.get("approvals")
    for version, approval in approvals.items() if isinstance(approvals, Mapping) else ():
        if approval not in ("Approved", _at(old, "approvals", version)):
            yield f"{version} is {approval} in the registry"
    if old.get("journal") != new.get("journal"):
        yield "its journal is elsewhere: what was decided and rejected is not known there"
    yield from _captured(old.get("capture") or {}, new.get("capture") or {})


def _route(old: Inputs, new: Inputs) -> Iterator[str]:
    yield from _endpoint(old, new)
    was, will = (_at(inputs, "entrance", "hostname") for inputs in (old, new))
    if was and was != will:
        yield f"clients that ask {was} are no longer answered: it is {will or 'any host'} now"
    gateways = [
        f"{_at(inputs, 'entrance', 'gatewayNamespace')}/{_at(inputs, 'entrance', 'gateway')}"
        for inputs in (old, new)
    ]
    if gateways[0] != gateways[1]:
        yield f"requests come by the gateway {gateways[1]}, not {gateways[0]}"
    settles = [_at(inputs, "entrance", "settleSeconds") for inputs in (old, new)]
    if settles[0] != settles[1] and _less(settles[1], settles[0]):
        yield f"a move counts as made {settles[1]} s after the gateway took it, not {settles[0]} s"


def _captured(old: Inputs, new: Inputs) -> Iterator[str]:
    """More of what callers send and are answered is kept, which may be about people."""
    was, will = old.get("percent", 0), new.get("percent", 0)
    place = new.get("destination")
    shown = place if isinstance(place, str) else "a place that is known only after the update"
    if not old and new:
        yield f"requests and answers are captured: {will} of 100, into {shown}"
    elif new and _less(was, will):
        yield f"requests and answers are captured of {will} in 100, not {was}"
    if old and new and old.get("destination") != place:
        yield f"requests and answers are captured into {shown}, not {old.get('destination')}"


def _schedule(old: Inputs, new: Inputs) -> Iterator[str]:
    """It starts something at another time, or nothing; what it starts is read where it is defined."""
    if new.get("state", "ENABLED") != "ENABLED" == old.get("state", "ENABLED"):
        yield "it starts nothing any more"
    was, will = old.get("scheduleExpression"), new.get("scheduleExpression")
    if was != will:
        yield f"it starts at {will}, not {was}"
    other = [key for key in ("arn", "roleArn") if _at(old, "target", key) != _at(new, "target", key)]
    if other:
        yield f"it starts something else: another {' and '.join(other)} of its target"


def _package_group(old: Inputs, new: Inputs) -> Iterator[str]:
    if _at(old, "tags", APPROVAL_TAG) == "person" != _at(new, "tags", APPROVAL_TAG):
        yield "its versions are approved by no person any more, but by the gates of their training"


_JUDGES: dict[str, Judge] = {
    **dict.fromkeys(BUCKETS, _bucket),
    REPOSITORY: _repository,
    KEY: _key,
    ALARM: _alarm,
    MODEL: _model,
    PACKAGE_GROUP: _package_group,
    ENDPOINT: _endpoint,
    ROUTE: _route,
    BUCKET_VERSIONING: _versioning,
    PUBLIC_ACCESS_BLOCK: _public_access,
    BUCKET_LIFECYCLE: _lifecycle,
    SCHEDULE: _schedule,
}


def _turned_on(old: Inputs, new: Inputs, key: str, sentence: str) -> Iterator[str]:
    """Anything but a plain false counts as on: what is not known yet might be."""
    if new.get(key) not in (None, False) and old.get(key) in (None, False):
        yield sentence


def _turned_off(old: Inputs, new: Inputs, key: str, sentence: str) -> Iterator[str]:
    if old.get(key) is True and new.get(key) is not True:
        yield sentence


def _texts(value: Any) -> set[str]:
    """A list's items as texts; inputs are whatever a document holds."""
    return {str(each) for each in value} if isinstance(value, list) else {str(value)} if value else set()


def _less(one: Any, other: Any) -> bool:
    """Whether the first is known to be below the second, or whether that cannot be told."""
    numbers = [each for each in (one, other) if isinstance(each, int | float) and not isinstance(each, bool)]
    return numbers[0] < numbers[1] if len(numbers) == 2 else one != other and bool(numbers)  # noqa: PLR2004 - both


def _at(inputs: Inputs, *keys: str) -> Any:
    value: Any = inputs
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value
