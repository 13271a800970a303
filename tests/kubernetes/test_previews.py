"""The recorded previews of what is on a cluster, made again by today's engine and provider: each is told as the recorded one."""

import pytest

from modeldelivery.review.core.change import classify
from modeldelivery.review.core.document import read
from sandbox.environment import KUBERNETES_PROVIDER
from sandbox.home import SandboxError
from sandbox.kubernetes import argocd
from tests.conftest import Sandbox
from tests.previews import recorded
from tests.previews.program import checked_out
from tests.previews.record import WORLDS, lead, record
from tests.previews.scenarios import STATES
from tests.unit.review.documents import PRICES, text

pytestmark = [pytest.mark.stacks, pytest.mark.soak]
BY_PULUMI, BY_ARGO_CD = "edge-prod", "edge-staging"


@pytest.fixture
def world(request, tools, tmp_path):  # noqa: ARG001 - with these tools
    """An environment, by name, in a sandbox and a cluster of its own: others have environments of these names too."""
    if not KUBERNETES_PROVIDER.exists():
        pytest.skip("the Kubernetes provider is not there: `make setup-kubernetes` makes it")
    if request.param == BY_ARGO_CD:
        try:
            argocd.required()
        except SandboxError as error:
            pytest.skip(str(error))
    sandbox = Sandbox(tmp_path / "sandbox")
    sandbox.run("up")
    try:
        yield WORLDS[request.param](request.param, sandbox, tmp_path, checked_out(tmp_path / "program"))
    finally:
        sandbox.run("down", "--purge")


def told(recording):
    """What a reviewer learns of a preview, without what another run calls otherwise."""
    if recording["document"] is None:
        return recording["exit"]
    change = classify(recording["environment"], read(text(recording["document"])), PRICES)
    if change.errors:  # the document ends where the engine was by then, another place each time
        return recording["exit"], True
    return (
        change.kinds,
        {(each.verb, each.words, each.name) for each in change.losses},
        {(each.words, each.name, each.why) for each in change.weakened},
        {widened.detail for each in change.permissions for widened in each.widened},
        change.fleet and (change.fleet.before, change.fleet.after, change.fleet.added, change.fleet.dropped),
        change.cost.pods,
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("world", [BY_PULUMI], indirect=True)
def test_the_first_preview_of_an_empty_stack_is_told_as_the_recorded_one(world):
    first = STATES[BY_PULUMI][0].scenarios[0]
    assert told(record(world, first)) == told(recorded(first.name))


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("world", [BY_PULUMI, BY_ARGO_CD], indirect=True)
def test_every_recorded_preview_made_again_is_told_alike(world):
    again, states = {}, STATES[world.name]
    names = {scenario.name for state in states for scenario in state.scenarios}
    lead(world, states, names, kept=again.update)
    different = {name for name, recording in again.items() if told(recording) != told(recorded(name))}
    assert (again.keys(), different) == (names, set())
