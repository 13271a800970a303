"""A container that cannot be started is tried again, with the kubelet's pauses between."""

from sandbox.kubernetes.container import Container, Place
from tests.unit.sandbox_kubernetes.test_pod_plan import only, pod

BEGAN = 10_000.0  # the clock of a machine that has run for a while


def test_what_cannot_be_started_is_tried_again_after_longer_and_longer_pauses(tmp_path):
    tries = []

    def variables():
        tries.append(now)
        raise OSError("nothing can be started here")

    container = Container(only(pod()), Place("10.99.0.9", tmp_path, tmp_path / "log", {}), None, variables)
    for second in range(120):
        now = BEGAN + second
        if container.may_begin("Always"):
            container.again()
            container.begin(None, now)
    assert [moment - BEGAN for moment in tries] == [0, 1, 11, 31, 71]
    assert container.state.before.reason == "ContainerCannotRun"
