from pipelines.server.drain import QUIET_SECONDS, Drain

LONG = 10 * QUIET_SECONDS


def test_a_server_that_was_not_told_to_stop_never_finishes():
    assert not Drain(seconds=1).finished(now=1e9)


def test_an_idle_server_finishes_when_it_has_been_quiet():
    drain = Drain(seconds=20)
    drain.begin(now=100)
    assert not drain.finished(now=100 + QUIET_SECONDS / 2)
    assert drain.finished(now=100 + QUIET_SECONDS)


def test_a_request_under_way_holds_the_server():
    drain = Drain(seconds=20)
    drain.arrive(now=99)
    drain.begin(now=100)
    assert not drain.finished(now=100 + LONG)
    drain.leave()
    assert drain.finished(now=100 + LONG)


def test_a_request_that_comes_while_draining_starts_the_quiet_anew():
    drain = Drain(seconds=20)
    drain.begin(now=100)
    drain.arrive(now=105)
    drain.leave()
    assert not drain.finished(now=105 + QUIET_SECONDS / 2)
    assert drain.finished(now=105 + QUIET_SECONDS)


def test_nothing_holds_the_server_beyond_its_deadline():
    drain = Drain(seconds=20)
    drain.arrive(now=99)
    drain.begin(now=100)
    drain.begin(now=110)  # a second signal does not move the deadline
    assert not drain.finished(now=119.9)
    assert drain.finished(now=120)
