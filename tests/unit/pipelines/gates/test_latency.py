"""A ratio of two models in one process."""

import pytest

from pipelines.gates.latency import PAIRS, measured


class Machine:
    """A clock that requests move on; now and then the machine pauses."""

    def __init__(self, pause_every=0):
        self.now, self.requests, self.pause_every = 0.0, 0, pause_every

    def clock(self):
        return self.now

    def request(self, seconds):
        def made():
            self.requests += 1
            self.now += seconds
            if self.pause_every and self.requests % self.pause_every == 0:
                self.now += 1.0

        return made


@pytest.mark.parametrize("pause_every", [0, 7])
def test_pauses_of_the_machine_do_not_change_the_ratio(pause_every):
    machine = Machine(pause_every)
    latency = measured(machine.request(0.003), machine.request(0.001), 1, machine.clock)
    assert latency.ratio == pytest.approx(3)
    assert (latency.challenger, latency.champion) == (pytest.approx(0.003), pytest.approx(0.001))


def test_a_machine_that_slows_down_slows_both_models():
    machine = Machine()
    slowness = iter(range(1, 10 * PAIRS))

    def slower(seconds):
        def made():
            machine.now += seconds * next(slowness)

        return made

    latency = measured(slower(0.002), slower(0.001), 1, machine.clock)
    assert latency.ratio == pytest.approx(2, rel=0.05)


def test_requests_too_short_for_the_clock_are_made_many_at_a_time():
    machine = Machine()
    latency = measured(machine.request(2e-6), machine.request(1e-6), 1, machine.clock)
    assert latency.ratio == pytest.approx(2)
    assert machine.requests > 100 * PAIRS
