"""How answers in a row decide what a probe says."""

import dataclasses

from sandbox.kubernetes.pod_plan import Probe
from sandbox.kubernetes.probes import Probing

ASK = Probe("exec", command=("check",), period=10, successes=1, failures=3)


def results(answers, probe=ASK, began=0.0):
    """What the probe says after each answer, ten seconds apart."""
    queue = list(answers)
    probing = Probing(probe, began)
    told = []
    for turn in range(len(answers)):
        probing.look(began + probe.delay + 10 * turn, "", lambda *_: queue.pop(0))
        told.append(probing.result)
    return told


def test_it_decides_nothing_before_enough_answers_in_a_row():
    assert results([False, False, False]) == [None, None, False]
    assert results([True, True], dataclasses.replace(ASK, successes=2)) == [None, True]


def test_a_good_answer_begins_the_count_of_bad_ones_anew():
    assert results([True, False, False, True, False, False, False])[-1] is False
    assert results([True, False, False, True, False, False]) == [True] * 6


def test_it_asks_no_earlier_than_its_delay_and_no_oftener_than_its_period():
    times = []
    probing = Probing(dataclasses.replace(ASK, delay=5), 100.0)
    for now in (100.0, 104.9, 105.0, 106.0, 114.9, 115.0):
        probing.look(now, "", lambda *_: times.append(now) or True)  # noqa: B023 - called at once
    assert times == [105.0, 115.0]
