"""Run a policy pack with the stack's project, name and config in place.

Runs in the pack's own Python, in place of `python -m pulumi.policy` (same arguments). pulumi-policy 1.21 reads
project, stack and config from variables before each judgement, but the CLI no longer sets them: it sends all that in
ConfigureStack, of which pulumi-policy keeps the tags alone. So they are copied from there into the variables.
"""

import json
import os
import runpy
from typing import Any


def stack_variables(request: Any) -> dict[str, str]:
    """The variables that pulumi-policy reads, from the engine's `AnalyzerStackConfigureRequest`."""
    return {
        "PULUMI_PROJECT": request.project,
        "PULUMI_STACK": request.stack,
        "PULUMI_DRY_RUN": "true" if request.dry_run else "false",
        "PULUMI_ORGANIZATION": request.organization or "organization",
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.config_secret_keys)),
    }


def _copy_from_configure_stack() -> None:
    from pulumi_policy import policy  # noqa: PLC0415 - the pack's own, which the host's Python does not have

    servicer: Any = policy._PolicyAnalyzerServicer  # noqa: SLF001 - the only place where the request is seen
    keep_tags = servicer.ConfigureStack

    def configure_stack(self: Any, request: Any, context: Any) -> Any:
        os.environ.update(stack_variables(request))
        return keep_tags(self, request, context)

    servicer.ConfigureStack = configure_stack


if __name__ == "__main__":
    _copy_from_configure_stack()
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)
