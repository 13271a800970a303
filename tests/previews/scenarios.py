"""What is recorded: each environment's states in order, and the changes that are previewed in each."""

from contextlib import nullcontext
from functools import partial

from tests.previews import edits, foreign
from tests.previews.cluster_scenarios import EDGE_PROD
from tests.previews.delivered_scenarios import EDGE_STAGING
from tests.previews.scenario import Scenario, State, config, drift, edit, release

SECRET, OTHER_SECRET = "call 555-0199", "call 555-0142"
ENDPOINT = "modeldelivery:index:Endpoint"


def instances(type_="ml.c6i.large", *, least, most):
    return {"type": type_, "min": least, "max": most, "targetInvocationsPerMinute": 6000}


def registered(world):
    """Versions with the same bits under the same name in both environments, but for v1.5.0."""
    world.reach(release={})
    for version in ("v1.0.0", "v1.1.0", "v1.2.0"):
        world.register(version, model=version, data=f"data-{version}")
    world.register("v1.3.0", model="v1.0.0", data="data-v1.0.0", image=world.other_image())
    world.register("v1.4.0", model="v1.4.0", data="data-v1.0.0")
    world.register("v1.5.0", model=f"v1.5.0-{world.name}", data="data-v1.5.0")


def rolled_back(world):
    world.modelctl("rollback", "--reason", "5xx since 02:10", "--actor", "oncall@example.com")


def pending_replacement(world):
    """An `up` that deletes scaling targets and cannot make them again."""
    world.sandbox.fault(kind="throttle", action="RegisterScalableTarget", count=1000)
    world.reach(fails=True, instances=instances("ml.c6i.xlarge", least=1, most=2))
    world.sandbox.clear_faults()


def with_extras(world):
    """What failed half-way is finished, and more is there to be read, kept and hidden."""
    foreign.make_buckets(world, edits.BY_HAND, edits.ALSO_BY_HAND)
    world.secret("notes:pager", SECRET)
    world.reach(edits=(edits.extras(),))


FIRST, SECOND = release("v1.0.0", "v1.1.0", "v1.0.0"), release("v1.1.0", "v1.1.0", "v1.0.0")

PROD = (
    State(
        "nothing at all",
        nullcontext,
        (
            config(
                "first-up-registry",
                "The first preview of an empty stack: everything but the endpoint is created",
                release={},
            ),
        ),
    ),
    State(
        "a registry with versions, no release",
        registered,
        (
            config(
                "first-endpoint",
                "The first release: the endpoint and all that goes with it is created",
                release=release("v1.0.0", "v1.0.0"),
            ),
        ),
    ),
    State(
        "v1.0.0 serves everything, v1.1.0 is a candidate",
        lambda world: world.reach(release=FIRST),
        (
            config("nothing", "No change"),
            config(
                "traffic-only", "All traffic moves from v1.0.0 to v1.1.0, both in the fleet", release=SECOND
            ),
            config(
                "fleet-add-candidate",
                "v1.2.0 joins the fleet at weight 0",
                release=release("v1.0.0", "v1.2.0", "v1.1.0", "v1.0.0"),
            ),
            config(
                "fleet-drop-candidate",
                "v1.1.0, which has never served, leaves the fleet",
                release=release("v1.0.0", "v1.0.0"),
            ),
            config(
                "fleet-resize", "Two instances per version become three", instances=instances(least=3, most=8)
            ),
            config(
                "fleet-instance-type",
                "ml.c6i.large becomes ml.c6i.xlarge",
                instances=instances("ml.c6i.xlarge", least=2, most=8),
            ),
            Scenario(
                "fleet-instance-type-steps",
                "The same as fleet-instance-type, with every step of a replacement shown",
                {"instances": instances("ml.c6i.xlarge", least=2, most=8)},
                flags=("--show-replacement-steps",),
            ),
            config(
                "unpriced-type",
                "ml.c6i.large becomes a type that no price list has",
                instances=instances("ml.c7i.48xlarge", least=2, most=8),
            ),
            config(
                "autoscaling-max",
                "Eight instances at most become twenty",
                instances=instances(least=2, most=20),
            ),
            config(
                "new-image",
                "v1.3.0, which differs from v1.0.0 in its image only, joins the fleet",
                release=release("v1.0.0", "v1.3.0", "v1.1.0", "v1.0.0"),
            ),
            config(
                "new-model-version",
                "v1.4.0, which differs from v1.0.0 in its artifact only, joins the fleet",
                release=release("v1.0.0", "v1.4.0", "v1.1.0", "v1.0.0"),
            ),
            config(
                "bits-differ",
                "v1.5.0 joins the fleet, and staging's v1.5.0 has other bits",
                release=release("v1.0.0", "v1.5.0", "v1.1.0", "v1.0.0"),
            ),
            config(
                "fleet-add-and-live-in-prod",
                "v1.2.0 joins the fleet and gets all traffic in one change",
                release=release("v1.2.0", "v1.2.0", "v1.1.0", "v1.0.0"),
            ),
            config("tags-only", "Another owner: tags of everything change", owner="ml-research"),
            config(
                "alarms-only",
                "Alarms are raised at five times the errors and twice the latency",
                alarms={"maxErrorRatePercent": 5, "maxLatencyMs": 1000},
            ),
            config(
                "retention-shorter",
                "Replaced objects and logs are kept for 30 days instead of 365",
                retention={"noncurrentDays": 30, "logDays": 30},
            ),
            config("unprotect", "Protection is taken from registry, key and endpoint", protect=False),
            config(
                "rules-weaker",
                "Moving traffic and dropping what it leaves need no longer be two changes",
                changes={"separateDrop": False, "bakeMinutes": 0},
            ),
            edit(
                "replace-endpoint-protected",
                "Another name would replace the protected endpoint",
                edits.OTHER_ENDPOINT_NAME,
            ),
            Scenario(
                "replace-region-protected",
                "Another region would replace everything, protected or not",
                {"aws:region": "eu-central-1"},
            ),
            edit(
                "delete-endpoint-protected",
                "The program no longer has the protected endpoint",
                edits.NO_ENDPOINT,
            ),
            edit(
                "delete-protected-bucket",
                "The program no longer has the protected registry bucket",
                edits.NO_REGISTRY_BUCKET,
            ),
            edit(
                "replace-key-protected",
                "Another kind of key would replace the protected one",
                edits.OTHER_KEY,
            ),
            edit("key-rotation-off", "The key is no longer rotated", edits.NO_ROTATION),
            edit("iam-new-action", "The serving role may also write objects", edits.IAM_NEW_ACTION),
            edit("iam-wildcard", "The serving role may do anything with artifacts", edits.IAM_WILDCARD),
            edit(
                "iam-wider-resource",
                "The serving role may read the whole bucket instead of its artifacts",
                edits.IAM_WIDER_RESOURCE,
            ),
            edit("iam-narrowed", "The serving role loses an action", edits.IAM_NARROWED),
            edit(
                "iam-condition-dropped",
                "The role's trust no longer asks for the source account",
                edits.IAM_NO_CONDITION,
            ),
            edit(
                "iam-new-principal-trust",
                "Another account may assume the serving role",
                edits.IAM_STRANGER_ASSUMES,
            ),
            edit(
                "iam-new-principal-key",
                "Another account may use the key through services",
                edits.IAM_STRANGER_USES_KEY,
            ),
            edit(
                "iam-new-principal-bucket",
                "Another account may read the registry bucket",
                edits.IAM_STRANGER_READS_BUCKET,
            ),
            edit(
                "iam-public-bucket", "Everyone may read the registry bucket", edits.IAM_EVERYONE_READS_BUCKET
            ),
            edit(
                "iam-denial-removed",
                "Both buckets' policies no longer refuse plain HTTP",
                edits.IAM_NO_DENIAL,
            ),
            edit(
                "iam-unknown",
                "The serving role's policy names a bucket made in the same change, so it is not known",
                edits.IAM_UNKNOWN,
            ),
            edit(
                "iam-secret",
                "The serving role's policy becomes a secret, so it is not shown",
                edits.IAM_SECRET,
            ),
            edit("iam-not-action", "The serving role may do everything but one thing", edits.IAM_NOT_ACTION),
            edit(
                "iam-respelled", "The serving role's policy says the same in another way", edits.IAM_RESPELLED
            ),
            edit(
                "iam-new-role",
                "A new role that another account may assume may do everything",
                edits.IAM_NEW_ROLE,
            ),
            edit(
                "public-access-block-removed-protected",
                "Both buckets lose their public access block, and one is protected",
                *edits.NO_PUBLIC_ACCESS_BLOCK,
            ),
            edit(
                "public-access-block-looser",
                "Both buckets' access blocks no longer refuse public policies",
                edits.LOOSER_PUBLIC_ACCESS_BLOCK,
            ),
            edit(
                "encryption-removed-protected",
                "Both buckets lose their encryption's configuration, and one is protected",
                edits.NO_ENCRYPTION,
            ),
            edit(
                "encryption-weaker",
                "The registry bucket is encrypted with S3's key instead of the environment's own",
                edits.WEAKER_ENCRYPTION,
            ),
            edit(
                "versioning-suspended",
                "The registry bucket's versioning is suspended",
                edits.VERSIONING_SUSPENDED,
            ),
            edit("force-destroy", "Destroying a bucket would delete what is in it", edits.FORCE_DESTROY),
            edit("mutable-tags", "An image's tag may be moved", edits.MUTABLE_TAGS),
            edit(
                "alarm-removed", "Both alarms of the serving version are removed", edits.NO_ALARMS_OF_V1_0_0
            ),
            edit("new-resource-type", "The program has a topic, a type that it did not have", edits.TOPIC),
            edit(
                "new-bucket", "The program has one more bucket, without any of its settings", edits.NEW_BUCKET
            ),
            edit(
                "aliases",
                "The key's alias has another name in the program, and says so",
                edits.RENAMED_KEY_ALIAS,
            ),
            Scenario(
                "import",
                "A bucket made by hand is imported, with the inputs that it has",
                edits=(edits.IMPORTED,),
                meanwhile=partial(foreign.buckets, names=(edits.BY_HAND,)),
            ),
            Scenario(
                "import-mismatch",
                "A bucket made by hand is imported, and its tags are not those of the program",
                edits=(edits.IMPORTED,),
                meanwhile=partial(foreign.buckets, names=(edits.BY_HAND,), owner="someone"),
            ),
            Scenario(
                "read",
                "The program reads a bucket made by hand",
                edits=(edits.READ,),
                meanwhile=partial(foreign.buckets, names=(edits.BY_HAND,)),
            ),
            Scenario(
                "secret-config",
                "A secret of the config becomes an alarm's description",
                edits=(edits.SECRET_IN_ALARM,),
                meanwhile=partial(foreign.secret, key="notes:pager", text=SECRET),
                hidden=(SECRET,),
            ),
            Scenario(
                "nothing-with-refresh", "No change, and the preview refreshes first", flags=("--refresh",)
            ),
            Scenario(
                "targeted",
                "A change of traffic, with the endpoint as the only target",
                {"release": SECOND},
                flags=("--target", "**flights-prod"),
            ),
            config(
                "bad-config",
                "The fleet names a version that is not registered",
                release=release("v9.0.0", "v9.0.0", "v1.0.0"),
            ),
            config(
                "bad-config-value", "A setting is not allowed", instances=instances("large", least=2, most=8)
            ),
            Scenario(
                "wrong-account",
                "The credentials are not of the account that config allows",
                {"aws:allowedAccountIds": ["111111111111"]},
            ),
            config("release-removed", "The release is taken out of the config, which is refused", release={}),
            config(
                "promotion-off",
                "Versions no longer come from staging, which is only in the config",
                promotion={},
            ),
            Scenario(
                "approval-withdrawn",
                "No change, and v1.1.0, a candidate, has been rejected in the registry",
                meanwhile=partial(foreign.judged, version="v1.1.0", approval="Rejected"),
            ),
            Scenario(
                "approval-withdrawn-traffic",
                "All traffic moves to v1.1.0, which has been rejected in the registry",
                {"release": SECOND},
                meanwhile=partial(foreign.judged, version="v1.1.0", approval="Rejected"),
            ),
            Scenario(
                "interrupted",
                "No change, after an up that was killed in the middle of one",
                meanwhile=foreign.interrupted,
            ),
            drift("drift-none", "Nothing has drifted"),
            drift(
                "drift-console-traffic",
                "Someone has moved traffic by the console",
                partial(foreign.weights, wanted={"v1-0-0": 60, "v1-1-0": 40}),
            ),
            Scenario(
                "foreign-traffic",
                "No change, and someone has moved traffic by the console",
                meanwhile=partial(foreign.weights, wanted={"v1-0-0": 60, "v1-1-0": 40}),
            ),
            Scenario(
                "foreign-traffic-live-changes",
                "live changes, and someone has moved traffic by the console",
                {"release": SECOND},
                meanwhile=partial(foreign.weights, wanted={"v1-0-0": 60, "v1-1-0": 40}),
            ),
            drift(
                "drift-console-tag",
                "Someone has put a tag on the registry bucket",
                partial(foreign.bucket_tag, key="project", value="moon"),
            ),
            drift(
                "drift-bucket-policy-changed",
                "Someone has taken the denials out of the registry bucket's policy",
                foreign.bucket_policy_without_denials,
            ),
            drift("drift-alarm-deleted", "Someone has deleted an alarm", foreign.alarm_deleted),
        ),
    ),
    State(
        "v1.1.0 serves everything, v1.0.0 is the fallback",
        lambda world: world.reach(release=SECOND),
        (
            config("traffic-back", "All traffic moves back from v1.1.0 to v1.0.0", release=FIRST),
            config(
                "fleet-drop-fallback",
                "v1.0.0, which served before, leaves the fleet",
                release=release("v1.1.0", "v1.1.0"),
            ),
            config(
                "fleet-replace-fallback",
                "v1.0.0, which served before, leaves the fleet and v1.2.0 joins it",
                release=release("v1.1.0", "v1.2.0", "v1.1.0"),
            ),
            config(
                "two-changes-refused",
                "Traffic moves and what it leaves is dropped, which is two changes here",
                release=release("v1.0.0", "v1.0.0"),
            ),
            config(
                "bake-refused",
                "The fleet changes before the serving version is old enough",
                changes={"separateDrop": True, "bakeMinutes": 60},
                release=release("v1.1.0", "v1.2.0", "v1.1.0", "v1.0.0"),
            ),
        ),
    ),
    State(
        "v1.1.0 was rolled back, v1.0.0 serves everything",
        rolled_back,
        (
            drift("drift-operator", "An operator has rolled back"),
            config("nothing-after-rollback", "No change, and a rollback stands"),
            config(
                "fleet-add-after-rollback",
                "v1.2.0 joins the fleet while a rollback stands",
                release=release("v1.1.0", "v1.2.0", "v1.1.0", "v1.0.0"),
            ),
            config("live-follows-rollback", "Config catches up with the rollback", release=FIRST),
            config(
                "fleet-drop-rejected",
                "The rejected version leaves the fleet",
                release=release("v1.0.0", "v1.0.0"),
            ),
        ),
    ),
    State(
        "config has caught up with the rollback",
        lambda world: world.reach(release=FIRST),
        (config("rejected-live", "live names a rejected version, which gets no traffic", release=SECOND),),
    ),
)

STAGING = (
    State("a registry with versions, no release", registered, ()),
    State(
        "v1.0.0 serves everything, v1.1.0 is a candidate",
        lambda world: world.reach(release=FIRST),
        (
            config("nothing-in-staging", "No change"),
            config(
                "traffic-only-in-staging",
                "All traffic moves from v1.0.0 to v1.1.0, both in the fleet",
                release=SECOND,
            ),
            config(
                "bits-differ-in-staging",
                "v1.5.0 joins the fleet, and prod's v1.5.0 has other bits",
                release=release("v1.0.0", "v1.5.0", "v1.1.0", "v1.0.0"),
            ),
            config(
                "fleet-add-and-live",
                "v1.2.0 joins the fleet and gets all traffic in one change",
                release=release("v1.2.0", "v1.2.0", "v1.1.0", "v1.0.0"),
            ),
            config(
                "shift-and-drop",
                "All traffic moves to v1.1.0, and v1.0.0 is dropped in the same change",
                release=release("v1.1.0", "v1.1.0"),
            ),
            config("protect-on", "Registry, key and endpoint become protected", protect=True),
            edit("replace-endpoint", "Another name replaces the endpoint", edits.OTHER_ENDPOINT_NAME),
            Scenario(
                "replace-endpoint-steps",
                "The same as replace-endpoint, with every step of a replacement shown",
                edits=(edits.OTHER_ENDPOINT_NAME,),
                flags=("--show-replacement-steps",),
            ),
            Scenario("replace-region", "Another region replaces everything", {"aws:region": "eu-central-1"}),
            edit("delete-endpoint", "The program no longer has the endpoint", edits.NO_ENDPOINT),
            edit("delete-bucket", "The program no longer has the registry bucket", edits.NO_REGISTRY_BUCKET),
            edit("replace-bucket", "Another name replaces the log bucket", edits.OTHER_LOG_BUCKET_NAME),
            edit(
                "replace-registry-bucket",
                "Another name would replace the registry bucket, where the journal is: refused",
                edits.OTHER_BUCKET_NAME,
            ),
            edit(
                "public-access-block-removed",
                "Both buckets lose their public access block",
                *edits.NO_PUBLIC_ACCESS_BLOCK,
            ),
            edit(
                "encryption-removed",
                "Both buckets lose their encryption's configuration",
                edits.NO_ENCRYPTION,
            ),
            Scenario(
                "read-replacement",
                "The program reads a bucket made by hand in place of managing the log bucket",
                edits=(edits.LOG_BUCKET_IS_READ,),
                meanwhile=partial(foreign.buckets, names=(edits.BY_HAND,)),
            ),
            Scenario(
                "read-replacement-steps",
                "The same as read-replacement, with every step of a replacement shown",
                edits=(edits.LOG_BUCKET_IS_READ,),
                flags=("--show-replacement-steps",),
                meanwhile=partial(foreign.buckets, names=(edits.BY_HAND,)),
            ),
            edit("replace-key", "Another kind of key replaces the key", edits.OTHER_KEY),
            edit(
                "bucket-becomes-read",
                "The program reads the registry bucket instead of managing it",
                edits.REGISTRY_BUCKET_IS_READ,
            ),
            Scenario(
                "bucket-becomes-read-steps",
                "The same as bucket-becomes-read, with every step of a replacement shown",
                edits=(edits.REGISTRY_BUCKET_IS_READ,),
                flags=("--show-replacement-steps",),
            ),
            Scenario(
                "import-replacement",
                "A bucket made by hand is imported in place of the log bucket",
                edits=(edits.LOG_BUCKET_IS_IMPORTED,),
                meanwhile=partial(foreign.buckets, names=(edits.BY_HAND,)),
            ),
            Scenario(
                "import-replacement-steps",
                "The same as import-replacement, with every step of a replacement shown",
                edits=(edits.LOG_BUCKET_IS_IMPORTED,),
                flags=("--show-replacement-steps",),
                meanwhile=partial(foreign.buckets, names=(edits.BY_HAND,)),
            ),
            edit(
                "renamed-without-alias",
                "Both buckets have other names in the program only, which deletes and creates them",
                edits.RENAMED_BUCKETS,
            ),
            Scenario(
                "tainted-endpoint",
                "No change, and the endpoint is marked for replacement",
                meanwhile=partial(foreign.tainted, type_=ENDPOINT),
            ),
        ),
    ),
    State(
        "an up has failed between deleting scaling targets and making them again",
        pending_replacement,
        (
            config("pending-replacement", "The same change again after an up that failed half-way"),
            Scenario(
                "pending-replacement-steps",
                "The same as pending-replacement, with every step of a replacement shown",
                flags=("--show-replacement-steps",),
            ),
            Scenario(
                "pending-replacement-dropped-steps",
                "What an up had deleted half-way is no longer wanted, with every step of a replacement shown",
                {"release": release("v1.0.0", "v1.0.0")},
                flags=("--show-replacement-steps",),
            ),
        ),
    ),
    State(
        "with a read bucket, a bucket that a deletion leaves alone, and a topic with a secret",
        with_extras,
        (
            edit("read-again", "No change in a program that reads a bucket", edits.extras()),
            edit("discard", "The program no longer reads the bucket", edits.READS_NONE),
            edit("read-another", "The program reads another bucket", edits.READS_ANOTHER),
            edit(
                "read-becomes-managed",
                "The program makes the bucket that it read",
                edits.MANAGES_WHAT_IT_READ,
            ),
            Scenario(
                "read-becomes-managed-steps",
                "The same as read-becomes-managed, with every step of a replacement shown",
                edits=(edits.MANAGES_WHAT_IT_READ,),
                flags=("--show-replacement-steps",),
            ),
            edit(
                "retain-on-delete",
                "A bucket leaves the program, and AWS keeps it",
                edits.KEEPS_NONE,
            ),
            Scenario(
                "secret-changed",
                "A secret in a topic's name becomes another",
                edits=(edits.extras(),),
                meanwhile=partial(foreign.secret, key="notes:pager", text=OTHER_SECRET),
                hidden=(SECRET, OTHER_SECRET),
            ),
        ),
    ),
    State(
        "someone has deleted the endpoint",
        foreign.delete_endpoint,
        (
            drift("drift-endpoint-deleted", "Someone has deleted the endpoint"),
            Scenario(
                "endpoint-deleted", "No change, and someone has deleted the endpoint", edits=(edits.extras(),)
            ),
        ),
    ),
)

STATES = {"prod": PROD, "staging": STAGING, "edge-prod": EDGE_PROD, "edge-staging": EDGE_STAGING}
