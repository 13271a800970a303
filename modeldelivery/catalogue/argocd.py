"""Options of a sync of Argo CD's that a reader and a policy look for.

https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
"""

from collections.abc import Mapping
from typing import Any

REPLACE = "Replace=true"
# They take away what a server-side apply respects: another's fields, the cluster's refusals, a look at the schema.
DANGEROUS = (REPLACE, "Force=true", "Validate=false")
SERVER_SIDE = "ServerSideApply=true"
_ANNOTATION = "argocd.argoproj.io/sync-options"


def own_options(manifest: Mapping[str, Any]) -> list[str]:
    """Those that an object asks for itself, by an annotation."""
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    text = annotations.get(_ANNOTATION) if isinstance(annotations, Mapping) else None
    return [each.strip() for each in text.split(",")] if isinstance(text, str) else []


def options(application: Mapping[str, Any]) -> list[str]:
    """Those of an application, for all that it delivers."""
    policy: Any = application
    for key in ("spec", "syncPolicy", "syncOptions"):
        policy = policy.get(key) if isinstance(policy, Mapping) else None
    return [str(each) for each in policy] if isinstance(policy, list) else []
