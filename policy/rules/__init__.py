"""Every rule, in the order of docs/policies.md."""

from policy.finding import Rule
from policy.rules.alarms import ALARMS
from policy.rules.approval import APPROVED_MODELS
from policy.rules.buckets import PRIVATE_BUCKETS
from policy.rules.fallback import FALLBACK, FIRST_VERSION
from policy.rules.iam import IAM_WILDCARDS
from policy.rules.images import IMMUTABLE_IMAGES
from policy.rules.protection import PROTECTION
from policy.rules.scaling import SCALING
from policy.rules.storage import PRIVATE_STORAGE
from policy.rules.tags import TAGS

# What an exception can be recorded from.
JUDGED: tuple[Rule, ...] = (
    PROTECTION,
    PRIVATE_STORAGE,
    PRIVATE_BUCKETS,
    IAM_WILDCARDS,
    IMMUTABLE_IMAGES,
    APPROVED_MODELS,
    TAGS,
    ALARMS,
    FALLBACK,
    FIRST_VERSION,
    SCALING,
)
