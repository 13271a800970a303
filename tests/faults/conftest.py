"""Endpoints that a test may do its worst to."""

import itertools
import queue
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

from modeldelivery.release.aws.session import open_account
from modeldelivery.release.naming import variant_name
from tests.conftest import Sandbox
from tests.faults.delivery import A, B, C, delivered
from tests.faults.kill import TooSlowError

AT_ONCE = 8  # most of a case is waiting for deadlines

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def entered(sandbox):
    """This very process in the sandbox, as the provider's is; its clients are made once, not for each of its ups."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.env.items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        patch.setattr("modeldelivery.provider.resource.open_account", cache(open_account))
        yield sandbox


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A sandbox for one module: what its tests leave in it, no other test lists."""
    started = Sandbox(tmp_path_factory.mktemp("alone"))
    started.run("up")
    yield started
    started.run("down", "--purge")


@pytest.fixture
def endpoint(hosting, pair, request):
    """An endpoint of this test alone, with the first of the module's `pair` at 100 and the second at 0; its configuration ends in -c."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[-55:].strip("-")
    hosting.config(f"{name}-c", dict(zip(pair, [100, 0], strict=True)))
    hosting.endpoint(name, f"{name}-c")
    yield name
    hosting.sandbox.clear_faults()
    hosting.settled(name)
    hosting.sagemaker.delete_endpoint(EndpointName=name)


@pytest.fixture(scope="session")
def models(hosting):
    """A, B and C can be served."""
    return [hosting.model(variant_name(version)) for version in (A, B, C)]


@pytest.fixture(scope="module")
def fresh(hosting, entered, models):  # noqa: ARG001 - the provider's work is done in this process, with these models
    """Makes an endpoint on which A serves, after B: `fresh()`."""
    return lambda: delivered(hosting, f"fault-{next(_numbers)}")


@pytest.fixture(scope="module")
def outcomes(request, fresh):
    """What became of each selected case of a module, several at work side by side.

    A module's `CASE(delivery, *case)` returns what its tests look at. Each has an endpoint of its own; where the module
    says `REUSED`, a case begins with the endpoint that another one left in good order. One that a slow machine led astray is
    tried again, on an endpoint of its own.
    """
    module = request.module
    cases = dict.fromkeys(
        item.callspec.params["case"]
        for item in request.session.items
        if item.module is module and "case" in getattr(item, "callspec", _NoCase).params
    )
    idle = queue.SimpleQueue()
    idle.put(
        fresh()
    )  # alone: boto3 cannot make clients in many threads at once, and the others find them made
    for _ in range(AT_ONCE - 1):
        idle.put(None)

    def attempt(case, delivery):
        """The outcome, and the endpoint where it was left in good order."""
        after = None
        try:
            outcome = module.CASE(delivery, *case)
            after = delivery if module.REUSED else None
        finally:
            if after is None:
                delivery.remove()
        return outcome, after

    def run(case):
        after = idle.get()
        try:
            for last in (False, False, True):
                delivery, after = after or fresh(), None
                try:
                    outcome, after = attempt(case, delivery)
                except TooSlowError:
                    if last:
                        raise
                else:
                    return outcome
        finally:
            idle.put(after)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {case: pool.submit(run, case) for case in cases}
    while not idle.empty():
        if delivery := idle.get():
            delivery.remove()


class _NoCase:
    params = ()
