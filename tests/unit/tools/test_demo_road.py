"""`make up` comes to its end from wherever an earlier one was killed, and each version by the pipeline, judged by what serves."""

from contextlib import contextmanager

import pytest

from tests.conftest import CHECKOUT
from tools.demo.road import FIRST, SECOND, TAKES, TRAINS, walk
from tools.demo.run import Demo, StepError

SERVER = f"flights@sha256:{'a' * 64}"


class KilledError(Exception):
    """The process is no more."""


class World:
    """What outlives a killed `make up`, and the commands that change it.

    `kill` names a command by its number; `after` whether it was still carried out.
    """

    def __init__(self):
        self.begun, self.made, self.pushed, self.published = set(), set(), set(), {}
        self.registered = {TRAINS: {}, TAKES: {}}  # by version, what served when it was trained or taken
        self.fleets, self.live = {TRAINS: set(), TAKES: set()}, {}
        self.commands, self.kill, self.after = [], None, False

    @contextmanager
    def command(self, *words):
        """One that a kill may meet before it has done anything, or when all of it is done."""
        self.commands.append(words)
        met = len(self.commands) - 1 == self.kill
        if met and not self.after:
            raise KilledError
        yield
        if met:
            raise KilledError

    def begin(self, environment):
        pass

    def outputs(self, environment):
        return {"registryBucket": "there"} if environment in self.made else {}

    def status(self, environment):
        """The registry's bucket is what `modelctl status` looks for, and the first thing that an `up` makes."""
        return {"live": self.live.get(environment)} if environment in self.begun else None

    def fleet(self, environment):
        return self.fleets[environment]

    def deploy(self, environment, *, only=None):
        fleet = {only} if only else {FIRST, SECOND}
        registered = self.registered[environment]
        if registered and not fleet <= registered.keys():
            raise StepError(f"{fleet - registered.keys()} is not registered")
        self.begun.add(environment)
        with self.command("deploy", environment, only):
            self.made.add(environment)
            if registered:
                self.fleets[environment], self.live[environment] = fleet, only or SECOND
        return "created"

    def recover(self, environment):
        raise AssertionError(f"{environment} is no new sandbox")

    def image(self, environment, *, steps=False):
        assert environment in self.made
        with self.command("image", environment, steps):
            self.pushed.add((environment, steps))
        return SERVER

    def months(self):
        with self.command("months"):
            pass
        return []

    def push(self, environment):
        with self.command("push", environment):
            pass
        return "pushed"

    def publish(self, environment, first, until):
        with self.command("publish", environment, first, until):
            self.published[f"sha256:{first}-{until}"] = until
        return f"sha256:{first}-{until}", "written"

    @contextmanager
    def training(self, version, *given):
        options = dict(zip(given[::2], given[1::2], strict=True))
        assert self.published[options["--data-revision"]] == options["--until"]
        assert {(TRAINS, False), (TRAINS, True)} <= self.pushed
        yield []
        with self.command("train", version):
            self.registered[TRAINS].setdefault(version, self.live.get(TRAINS))

    def promote(self, version, environment, source):
        assert version in self.registered[source]
        with self.command("promote", version, environment):
            self.registered[environment].setdefault(version, self.live.get(environment))

    def changes(self):
        return [words for words in self.commands if words[0] in {"train", "promote", "deploy"}]


def as_config_says(world):
    both = {FIRST, SECOND}
    return (world.fleets, world.live) == ({TRAINS: both, TAKES: both}, {TRAINS: SECOND, TAKES: SECOND})


def commands_of_a_walk():
    world = World()
    walk(world)
    return len(world.commands)


def test_each_version_comes_by_the_pipeline_and_the_second_is_judged_by_the_first_that_serves():
    world = World()
    walk(world)
    assert world.registered[TRAINS] == {FIRST: None, SECOND: FIRST}
    assert as_config_says(world)


def test_production_serves_the_first_before_it_gets_the_second_so_that_it_has_a_way_back():
    world = World()
    walk(world)
    assert world.registered[TAKES] == {FIRST: None, SECOND: FIRST}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kill", range(commands_of_a_walk()))
def test_killed_at_any_command_the_next_run_comes_to_the_same_end(kill, after):
    world = World()
    world.kill, world.after = kill, after
    with pytest.raises(KilledError):
        walk(world)
    walk(world)
    assert as_config_says(world)
    assert world.registered == {each: {FIRST: None, SECOND: FIRST} for each in (TRAINS, TAKES)}


def test_run_again_it_trains_nothing_and_takes_nothing_over():
    world = World()
    walk(world)
    world.commands.clear()
    walk(world)
    assert world.changes() == [("deploy", TRAINS, None), ("deploy", TAKES, None)]


def test_the_data_set_that_params_yaml_names_is_published_last_and_each_once():
    """`modelctl train` takes the newest where none is named."""
    world = World()
    walk(world)
    published = [words for words in world.commands if words[0] == "publish"]
    assert len(set(published)) == len(published)
    assert f'until: "{published[-1][-1]}"' in (CHECKOUT / "params.yaml").read_text()


class Follower:
    """`modelctl train` under way."""

    interrupted = False

    def interrupt(self):
        self.interrupted = True


def test_what_fails_beside_a_training_ends_its_follower_and_is_what_is_told(tmp_path, monkeypatch):
    """The execution goes on, and the next run follows it."""
    follower = Follower()
    monkeypatch.setattr(Demo, "start", lambda *_: follower)
    with pytest.raises(StepError, match="no bucket"), Demo(home=tmp_path, environ={}).training(FIRST):
        raise StepError("no bucket")
    assert follower.interrupted
