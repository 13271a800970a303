"""Every recorded change of a real stack is what it is: none that is dangerous is shown as harmless."""

import pytest

from modeldelivery.review.core.change import Kind, Verb
from modeldelivery.review.core.document import UNKNOWN, DocumentError
from tests.unit.review.documents import change, document, previews, step

DESTROYS, PERMISSIONS, GUARDS, BITS, FLEET, TRAFFIC, REMOVES, CREATES, SETTINGS, METADATA = Kind

# What each scenario is, by whoever made the change, not by the classifier.
EXPECTED = {
    "alarm-removed": {GUARDS, REMOVES},
    "alarms-only": {GUARDS, SETTINGS},
    "aliases": set(),
    "approval-withdrawn": {GUARDS},
    "approval-withdrawn-traffic": {GUARDS, TRAFFIC},
    "autoscaling-max": {FLEET},
    "bad-config": set(),
    "bad-config-value": set(),
    "bake-refused": {CREATES},
    "bits-differ": {BITS, FLEET},
    "bits-differ-in-staging": {BITS, FLEET},
    "bucket-becomes-read": {DESTROYS, REMOVES},
    "bucket-becomes-read-steps": {DESTROYS, REMOVES},
    "delete-bucket": {DESTROYS, REMOVES},
    "delete-endpoint": {DESTROYS, GUARDS, FLEET, TRAFFIC, REMOVES},
    "delete-endpoint-protected": {DESTROYS, GUARDS, FLEET, TRAFFIC, REMOVES},
    "delete-protected-bucket": {DESTROYS, REMOVES},
    "discard": set(),
    "edge-access-elsewhere": {PERMISSIONS, SETTINGS},
    "edge-add-and-live": {BITS, FLEET, TRAFFIC},
    "edge-add-and-open": {GUARDS, BITS, FLEET, SETTINGS},
    "edge-add-candidate": {BITS, FLEET},
    "edge-admission-fails-open": {GUARDS, SETTINGS},
    "edge-admission-removed": {GUARDS, REMOVES},
    "edge-admission-warns": {GUARDS, SETTINGS},
    "edge-baseline": {GUARDS, METADATA},
    "edge-binding-admin": {PERMISSIONS, SETTINGS},
    "edge-binding-everybody": {PERMISSIONS, SETTINGS},
    "edge-delete-route": {DESTROYS, FLEET, TRAFFIC, REMOVES},
    "edge-drop-candidate": {FLEET},
    "edge-drop-fallback": {FLEET},
    "edge-first-route": {BITS, FLEET, CREATES},
    "edge-first-up": {PERMISSIONS, CREATES},
    "edge-from-anywhere": {GUARDS, SETTINGS},
    "edge-git-add-candidate": {BITS, FLEET},
    "edge-git-another-branch": {GUARDS, SETTINGS},
    "edge-git-any-kind": {GUARDS, SETTINGS},
    "edge-git-anybody-replaces": {GUARDS, SETTINGS},
    "edge-git-anybody-writes": {GUARDS, REMOVES},
    "edge-git-first-route": {BITS, FLEET, CREATES},
    "edge-git-nothing": set(),
    "edge-git-prune-off": {GUARDS, SETTINGS},
    "edge-git-replaces": {GUARDS, SETTINGS},
    "edge-git-self-heal-off": {GUARDS, SETTINGS},
    "edge-git-traffic-only": {TRAFFIC},
    "edge-host-network": {GUARDS, SETTINGS},
    "edge-hostname": {GUARDS, SETTINGS},
    "edge-image-by-tag": {GUARDS, BITS, SETTINGS},
    "edge-more-pods": {FLEET},
    "edge-new-kind": {PERMISSIONS, GUARDS, CREATES},
    "edge-no-closing-policy": {GUARDS, REMOVES},
    "edge-no-network-policies": {GUARDS, REMOVES},
    "edge-nothing": set(),
    "edge-nothing-after-rollback": set(),
    "edge-other-account": {PERMISSIONS, SETTINGS},
    "edge-owner": {METADATA},
    "edge-privileged": {GUARDS, SETTINGS},
    "edge-quota-elsewhere": {GUARDS, SETTINGS},
    "edge-quota-raised": {GUARDS, SETTINGS},
    "edge-role-narrowed": {SETTINGS},
    "edge-role-new-verb": {PERMISSIONS, SETTINGS},
    "edge-role-wildcard": {PERMISSIONS, SETTINGS},
    "edge-selector": {DESTROYS, SETTINGS},
    "edge-services-opened": {GUARDS, SETTINGS},
    "edge-sidecar": {GUARDS, FLEET},  # its pods are bigger, too
    "edge-to-anything": {GUARDS, SETTINGS},
    "edge-traffic-only": {TRAFFIC},
    "edge-unprotect": {GUARDS, SETTINGS},
    "edge-writable-root": {GUARDS, SETTINGS},
    "encryption-removed": {GUARDS, REMOVES},
    "encryption-removed-protected": {DESTROYS, GUARDS, REMOVES},
    "encryption-weaker": {GUARDS, SETTINGS},
    "endpoint-deleted": {FLEET},
    "first-endpoint": {PERMISSIONS, BITS, FLEET, CREATES},
    "first-up-registry": {PERMISSIONS, CREATES},
    "fleet-add-after-rollback": {BITS, FLEET},
    "fleet-add-and-live": {BITS, FLEET, TRAFFIC},
    "fleet-add-and-live-in-prod": {BITS, FLEET, TRAFFIC},
    "fleet-add-candidate": {BITS, FLEET},
    "fleet-drop-candidate": {FLEET},
    "fleet-drop-fallback": {FLEET},
    "fleet-drop-rejected": {FLEET},
    "fleet-instance-type": {FLEET},
    "fleet-instance-type-steps": {FLEET},
    "fleet-replace-fallback": {BITS, FLEET},
    "fleet-resize": {FLEET},
    "force-destroy": {GUARDS, SETTINGS},
    "foreign-traffic": set(),
    "foreign-traffic-live-changes": {TRAFFIC},
    "iam-condition-dropped": {PERMISSIONS, SETTINGS},
    "iam-denial-removed": {PERMISSIONS, SETTINGS},
    "iam-narrowed": {SETTINGS},
    "iam-new-action": {PERMISSIONS, SETTINGS},
    "iam-new-principal-bucket": {PERMISSIONS, SETTINGS},
    "iam-new-principal-key": {PERMISSIONS, SETTINGS},
    "iam-new-principal-trust": {PERMISSIONS, SETTINGS},
    "iam-new-role": {PERMISSIONS, CREATES},
    "iam-not-action": {PERMISSIONS, SETTINGS},
    "iam-respelled": {SETTINGS},
    "iam-secret": {PERMISSIONS, SETTINGS},
    "iam-public-bucket": {PERMISSIONS, SETTINGS},
    "iam-unknown": {PERMISSIONS, CREATES, SETTINGS},
    "iam-wider-resource": {PERMISSIONS, SETTINGS},
    "iam-wildcard": {PERMISSIONS, SETTINGS},
    "import": {CREATES},
    "import-mismatch": {SETTINGS},
    "import-replacement": {DESTROYS, GUARDS, SETTINGS},
    "import-replacement-steps": {DESTROYS, GUARDS, SETTINGS},
    "interrupted": set(),
    "key-rotation-off": {GUARDS, SETTINGS},
    "live-follows-rollback": {SETTINGS},
    "mutable-tags": {GUARDS, SETTINGS},
    "new-bucket": {CREATES},
    "new-image": {BITS, FLEET},
    "new-model-version": {BITS, FLEET},
    "new-resource-type": {CREATES},
    "nothing": set(),
    "nothing-after-rollback": set(),
    "nothing-in-staging": set(),
    "nothing-with-refresh": set(),
    "pending-replacement": {SETTINGS},
    "pending-replacement-dropped-steps": {FLEET, SETTINGS},
    "pending-replacement-steps": {SETTINGS},
    "promotion-off": {GUARDS},
    "protect-on": {SETTINGS},
    "public-access-block-looser": {GUARDS, SETTINGS},
    "public-access-block-removed": {GUARDS, REMOVES},
    "public-access-block-removed-protected": {DESTROYS, GUARDS, REMOVES},
    "read": set(),
    "read-again": set(),
    "read-another": set(),
    "read-becomes-managed": {CREATES},
    "read-becomes-managed-steps": {CREATES},
    "read-replacement": {DESTROYS, GUARDS, SETTINGS},
    "read-replacement-steps": {DESTROYS, GUARDS, SETTINGS},
    "rejected-live": {SETTINGS},
    "release-removed": set(),
    "renamed-without-alias": {DESTROYS, REMOVES, CREATES},
    "replace-bucket": {DESTROYS, PERMISSIONS, GUARDS, SETTINGS},
    "replace-registry-bucket": {DESTROYS, PERMISSIONS, GUARDS, SETTINGS},
    "replace-endpoint": {DESTROYS, PERMISSIONS, GUARDS, SETTINGS},
    "replace-endpoint-protected": {DESTROYS, PERMISSIONS, GUARDS, SETTINGS},
    "replace-endpoint-steps": {DESTROYS, PERMISSIONS, GUARDS, SETTINGS},
    "replace-key": {DESTROYS, PERMISSIONS, GUARDS, SETTINGS},
    "replace-key-protected": {DESTROYS, PERMISSIONS, GUARDS, SETTINGS},
    "replace-region": {DESTROYS, PERMISSIONS, GUARDS, FLEET, TRAFFIC, REMOVES, SETTINGS},
    "replace-region-protected": {DESTROYS, PERMISSIONS, GUARDS, FLEET, TRAFFIC, REMOVES, SETTINGS},
    "retain-on-delete": {DESTROYS, REMOVES},
    "retention-shorter": {GUARDS, SETTINGS},
    "rules-weaker": {GUARDS},
    "secret-changed": {SETTINGS},
    "secret-config": {METADATA},
    "shift-and-drop": {FLEET, TRAFFIC},
    "tags-only": {METADATA},
    "tainted-endpoint": {DESTROYS},
    "targeted": {TRAFFIC},
    "traffic-back": {TRAFFIC},
    "traffic-only": {TRAFFIC},
    "traffic-only-in-staging": {TRAFFIC},
    "two-changes-refused": set(),
    "unpriced-type": {FLEET},
    "unprotect": {GUARDS, SETTINGS},
    "versioning-suspended": {GUARDS, SETTINGS},
    "wrong-account": {DESTROYS, PERMISSIONS, GUARDS, SETTINGS},
}
FAILS = {
    "bad-config",
    "bad-config-value",
    "bake-refused",
    "delete-endpoint-protected",
    "delete-protected-bucket",
    "edge-binding-admin",
    "edge-delete-route",
    "edge-new-kind",
    "edge-privileged",
    "edge-selector",
    "encryption-removed-protected",
    "public-access-block-removed-protected",
    "release-removed",
    "replace-registry-bucket",
    "replace-endpoint-protected",
    "replace-key-protected",
    "replace-region-protected",
    "two-changes-refused",
    "wrong-account",
}


def test_every_recording_is_expected_to_be_something():
    assert set(previews()) == set(EXPECTED)


@pytest.mark.parametrize("name", previews())
def test_each_change_is_classified_as_what_it_is(name):
    assert set(change(name).kinds) == EXPECTED[name]


@pytest.mark.parametrize("name", previews())
def test_a_preview_that_failed_is_never_taken_for_nothing(name):
    outcome = change(name)
    assert bool(outcome.errors) == (name in FAILS)
    assert not (outcome.errors and outcome.is_nothing)


def test_traffic_says_who_gains_and_who_loses_how_much():
    fleet = change("traffic-only").fleet
    assert fleet.before == {"v1.1.0": 0, "v1.0.0": 100}
    assert fleet.after == {"v1.1.0": 100, "v1.0.0": 0}
    assert fleet.gaining == ("v1.1.0",)


def test_a_candidate_joins_at_weight_0_and_moves_no_traffic():
    fleet = change("fleet-add-candidate").fleet
    assert (fleet.added, fleet.after["v1.2.0"], fleet.moves) == (("v1.2.0",), 0, False)


def test_dropping_what_a_rollback_would_go_to_is_seen():
    assert change("fleet-drop-fallback").fleet.drops_fallback
    assert change("fleet-replace-fallback").fleet.drops_fallback
    assert not change("fleet-drop-candidate").fleet.drops_fallback


def test_a_resize_says_from_what_to_what():
    resized = change("fleet-resize").fleet.resized
    assert {(each.before.instance_count, each.after.instance_count) for each in resized} == {(2, 3)}


def test_other_bounds_of_scaling_are_a_fleet_change():
    assert {(each.before, each.after) for each in change("autoscaling-max").fleet.scaled} == {
        ((2, 8), (2, 20))
    }


def test_a_new_image_is_told_by_digest_beside_the_serving_one():
    (bits,) = change("new-image").fleet.bits
    assert (bits.version, bits.against) == ("v1.3.0", "v1.0.0")
    assert bits.image[0] != bits.image[1]
    assert all(digest.startswith("sha256:") for digest in bits.image)
    assert bits.model[0] == bits.model[1]


def test_a_new_model_is_told_by_digest_beside_the_serving_one():
    (bits,) = change("new-model-version").fleet.bits
    assert bits.image[0] == bits.image[1]
    assert bits.model[0] != bits.model[1]


@pytest.mark.parametrize(
    ("name", "verb", "words"),
    [
        ("replace-endpoint", Verb.REPLACES, "endpoint"),
        ("replace-endpoint-protected", Verb.REPLACES, "endpoint"),
        ("tainted-endpoint", Verb.REPLACES, "endpoint"),
        ("delete-endpoint", Verb.DELETES, "endpoint"),
        ("delete-bucket", Verb.DELETES, "bucket"),
        ("replace-bucket", Verb.REPLACES, "bucket"),
        ("replace-key", Verb.REPLACES, "encryption key"),
        ("bucket-becomes-read", Verb.ABANDONS, "bucket"),
        ("retain-on-delete", Verb.ABANDONS, "bucket"),
        ("import-replacement", Verb.REPLACES, "bucket"),
    ],
)
def test_what_goes_is_named_with_what_becomes_of_it(name, verb, words):
    assert (verb, words) in {(loss.verb, loss.words) for loss in change(name).losses}


def test_a_secret_never_leaves_the_engine():
    for name in ("secret-config", "secret-changed"):
        assert "[secret]" in str(document(name))


@pytest.mark.parametrize(
    ("name", "kind", "what"),
    [
        ("iam-new-action", "action", "s3:putobject"),
        ("iam-wildcard", "wildcard", "s3:*"),
        ("iam-new-principal-trust", "principal", "arn:aws:iam::333333333333:root"),
        ("iam-new-principal-key", "principal", "arn:aws:iam::333333333333:root"),
        ("iam-new-principal-bucket", "principal", "arn:aws:iam::333333333333:root"),
        ("iam-wider-resource", "resource", "arn:aws:s3:::flights-prod-registry-222222222222-eu-west-1/*"),
    ],
)
def test_permissions_say_what_is_new(name, kind, what):
    widened = [each for permission in change(name).permissions for each in permission.widened]
    assert (kind, what) in {(each.kind, each.what) for each in widened}


def test_a_policy_that_is_not_known_yet_cannot_be_told():
    assert any(permission.unknown for permission in change("iam-unknown").permissions)


def test_a_narrowed_policy_widens_nothing():
    (permission,) = change("iam-narrowed").permissions
    assert (permission.narrowed, permission.widened, permission.unknown) == (True, (), False)


def to_unknown(preview):
    state = step(preview, "aws:iam/rolePolicy:RolePolicy")["newState"]
    state["inputs"]["policy"] = UNKNOWN


def test_a_policy_that_becomes_unknown_under_a_step_without_change_is_not_harmless():
    assert Kind.PERMISSIONS in change("nothing", to_unknown).kinds


def test_an_unknown_type_that_goes_is_taken_for_one_that_holds_something():
    def edit(preview):
        gone = step(preview, "aws:kms/alias:Alias")
        for part in (gone, gone["oldState"]):
            part["urn"] = part["urn"].replace("aws:kms/alias:Alias", "aws:new/store:Store")
        gone["oldState"]["type"] = "aws:new/store:Store"
        gone["op"] = "delete"
        del gone["newState"]
        preview["changeSummary"] = {"same": 39, "delete": 1}

    assert [loss.words for loss in change("nothing", edit).losses] == ["aws:new/store:Store"]


def test_a_bucket_under_its_old_name_is_weakened_as_any_bucket():
    def edit(preview):
        bucket = step(preview, "aws:s3/bucket:Bucket", "flights-prod-logs")
        for part in (bucket, bucket["oldState"], bucket["newState"]):
            part["urn"] = part["urn"].replace("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
        bucket["oldState"]["type"] = bucket["newState"]["type"] = "aws:s3/bucketV2:BucketV2"
        bucket["newState"]["inputs"]["forceDestroy"] = True

    (weak,) = change("nothing", edit).weakened
    assert weak.why == ("deleting it would delete what is in it",)


def test_other_bits_under_the_same_name_weaken_what_a_version_is():
    def edit(preview):
        endpoint = step(preview, "modeldelivery:index:Endpoint")["newState"]["inputs"]
        endpoint["variants"][0]["digest"] = "sha256:" + "0" * 64

    preview = change("nothing", edit)
    assert preview.fleet.bits[0].under_an_old_name
    assert {Kind.GUARDS, Kind.BITS} <= set(preview.kinds)


def test_a_version_that_is_approved_no_more_is_seen():
    def edit(preview):
        endpoint = step(preview, "modeldelivery:index:Endpoint")["newState"]["inputs"]
        endpoint["approvals"]["v1.0.0"] = "Rejected"

    (weak,) = change("nothing", edit).weakened
    assert weak.why == ("v1.0.0 is Rejected in the registry",)


def endpoint_rules(**rules):
    """An edit: the endpoint's inputs before and after have these rules besides; each is a pair, None where it has none."""

    def edit(preview):
        states = step(preview, "modeldelivery:index:Endpoint")
        for number, state in enumerate(("oldState", "newState")):
            given = {rule: both[number] for rule, both in rules.items() if both[number] is not None}
            states[state]["inputs"]["rules"] |= given

    return edit


@pytest.mark.parametrize("after", [None, {"percent": 5}])
def test_a_rule_of_a_newer_program_that_is_given_up_or_changed_weakens_the_endpoint(after):
    (weak,) = change("nothing", endpoint_rules(maxErrors=({"percent": 1}, after))).weakened
    assert weak.why == ("its rule maxErrors, which this reader does not know, is changed or given up",)


@pytest.mark.parametrize("before", [None, {"percent": 1}])
def test_a_rule_of_a_newer_program_that_comes_or_stays_weakens_nothing(before):
    assert change("nothing", endpoint_rules(maxErrors=(before, {"percent": 1}))).weakened == ()


def test_a_document_of_an_older_program_has_only_the_rules_of_its_time():
    def edit(preview):
        rules = step(preview, "modeldelivery:index:Endpoint")["oldState"]["inputs"]["rules"]
        rules.pop("promotesFrom", None)
        del rules["bakeSeconds"]

    assert change("nothing", edit).is_nothing


@pytest.mark.parametrize("part", ["release", "variants", "rules"])
def test_fields_of_a_newer_program_do_not_keep_the_endpoint_from_being_read(part):
    def edit(preview):
        for state in ("oldState", "newState"):
            inputs = step(preview, "modeldelivery:index:Endpoint")[state]["inputs"]
            for each in inputs[part] if part == "variants" else [inputs[part]]:
                each["colour"] = "blue"

    assert change("nothing", edit).is_nothing


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("release", None),
        ("release", {"live": "v9.0.0", "fleet": ["v1.0.0"]}),
        ("variants", {}),
        ("variants", [None]),
        ("variants", [{"version": "v1.0.0"}]),
        ("rules", []),
        ("rules", {"separateDrop": "no"}),
    ],
)
def test_an_endpoint_that_cannot_be_read_is_refused(part, value):
    def edit(preview):
        step(preview, "modeldelivery:index:Endpoint")["newState"]["inputs"][part] = value

    with pytest.raises(DocumentError, match="cannot be read"):
        change("nothing", edit)
