import pytest

from sandbox.hosting.delays import Delays


def test_the_same_seed_gives_the_same_delays():
    one, two = (Delays.parse("weights=1:2,seed=5") for _ in range(2))
    assert [one.of("weights") for _ in range(5)] == [two.of("weights") for _ in range(5)]


def test_a_delay_lies_in_its_range():
    delays = Delays.parse("weights=0.1:0.2,endpoint=3")
    assert all(0.1 <= delays.of("weights") <= 0.2 for _ in range(100))
    assert delays.of("endpoint") == 3


def test_what_was_just_made_is_not_found_at_once_unless_that_is_turned_off():
    usual, none = Delays(), Delays.parse("unseen=0")
    assert max(usual.of("unseen") for _ in range(20)) > 0.1
    assert none.of("unseen") == 0


@pytest.mark.parametrize("text", ["wait=1", "weights=soon", "ping", "seed=1.5"])
def test_a_setting_that_is_not_known_is_refused_with_what_is(text):
    with pytest.raises(ValueError, match=r"SANDBOX_DELAYS: .* is not one of weights=LOW:HIGH"):
        Delays.parse(text)
