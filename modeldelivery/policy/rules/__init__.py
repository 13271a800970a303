"""Every rule, in the order of docs/policies.md."""

from modeldelivery.policy.finding import Rule
from modeldelivery.policy.rules.alarms import ALARMS
from modeldelivery.policy.rules.approval import APPROVED_MEMBERS, APPROVED_MODELS
from modeldelivery.policy.rules.buckets import PRIVATE_BUCKETS
from modeldelivery.policy.rules.capture import CAPTURED_DATA
from modeldelivery.policy.rules.cluster_access import CLUSTER_WILDCARDS
from modeldelivery.policy.rules.drift import DRIFT_JOBS
from modeldelivery.policy.rules.drill import DRILL
from modeldelivery.policy.rules.fallback import FALLBACK, FIRST_VERSION
from modeldelivery.policy.rules.iam import IAM_WILDCARDS
from modeldelivery.policy.rules.images import IMMUTABLE_IMAGES
from modeldelivery.policy.rules.network import CLOSED_NETWORK
from modeldelivery.policy.rules.pods import RESTRICTED_PODS
from modeldelivery.policy.rules.protection import PROTECTION
from modeldelivery.policy.rules.route_rules import RESPECTFUL_SYNC, ROUTE_RULES
from modeldelivery.policy.rules.scaling import SCALING
from modeldelivery.policy.rules.storage import PRIVATE_STORAGE
from modeldelivery.policy.rules.tags import TAGS
from modeldelivery.policy.rules.training import TRAINING_JOBS

# What an exception can be recorded from.
JUDGED: tuple[Rule, ...] = (
    PROTECTION,
    PRIVATE_STORAGE,
    PRIVATE_BUCKETS,
    CAPTURED_DATA,
    IAM_WILDCARDS,
    IMMUTABLE_IMAGES,
    TRAINING_JOBS,
    DRIFT_JOBS,
    APPROVED_MODELS,
    APPROVED_MEMBERS,
    TAGS,
    ALARMS,
    FALLBACK,
    FIRST_VERSION,
    DRILL,
    SCALING,
    RESTRICTED_PODS,
    CLUSTER_WILDCARDS,
    CLOSED_NETWORK,
    ROUTE_RULES,
    RESPECTFUL_SYNC,
)
