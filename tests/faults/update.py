"""What the engine does with one Endpoint or Route in an `up`, in a process that a test may kill: check, diff, then create or update.

    python -m tests.faults.update < {"olds": {…} or null, "news": {…}}

The engine's own part (state, parallel resources) is left out, so that an `up` takes a second and only makes its
own calls; test_killed_pulumi.py has the engine in it.
"""

import json
import sys
import threading

from modeldelivery.plugin.protocol import ProviderError, Resource
from modeldelivery.provider.endpoint import EndpointResource
from modeldelivery.provider.route import RouteResource


class _Silent:
    """The engine's log, when nobody looks."""

    def debug(self, message, urn=""):
        """Nobody looks."""

    info = warning = status = debug


def update(olds, news, timeout=60):
    """The resource's new inputs, and whether anything was to do, within so many seconds of waiting. Raises ProviderError."""
    kind = EndpointResource if "endpointName" in news else RouteResource
    endpoint = kind(_Silent(), threading.Event())
    name = news.get("endpointName") or news["routeName"]
    resource = Resource(urn=f"urn:{name}", type=kind.TYPE, name=name)
    checked = endpoint.check(resource, news)
    if checked.failures:
        raise ProviderError(checked.failures[0].reason)
    inputs = dict(checked.inputs)
    if olds is None:
        endpoint.create(resource, inputs, timeout=timeout, preview=False)
        return inputs, True
    changes = endpoint.diff(resource, olds, inputs).changes
    if changes:
        endpoint.update(resource, olds, inputs, timeout=timeout, preview=False)
    return inputs, bool(changes)


if __name__ == "__main__":
    arguments = json.load(sys.stdin)
    try:
        json.dump(update(arguments["olds"], arguments["news"])[0], sys.stdout)
    except ProviderError as error:
        sys.exit(str(error))
