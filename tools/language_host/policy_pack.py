"""Run a policy pack with the stack's project, name and config in place.

Runs in the pack's own Python, in place of `python -m pulumi.policy` (same arguments). pulumi-policy 1.21 reads
project, stack and config from variables that the CLI no longer sets; it sends them in ConfigureStack, of which
pulumi-policy keeps the tags alone. So they are copied from there, before the first resource is judged.
"""

import runpy
from typing import Any


def _configure_from_stack() -> None:
    import pulumi.runtime  # noqa: PLC0415
    from pulumi_policy import policy  # noqa: PLC0415

    servicer: Any = policy._PolicyAnalyzerServicer  # noqa: SLF001
    keep_tags = servicer.ConfigureStack

    def configure_stack(self: Any, request: Any, context: Any) -> Any:
        pulumi.runtime.set_all_config(dict(request.config), list(request.config_secret_keys))
        pulumi.runtime.configure(
            pulumi.runtime.Settings(
                project=request.project,
                stack=request.stack,
                dry_run=request.dry_run,
                organization=request.organization or "organization",
            )
        )
        return keep_tags(self, request, context)

    servicer.ConfigureStack = configure_stack


if __name__ == "__main__":
    _configure_from_stack()
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)
