import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sandbox.dataplane.routes import Instance, Table, VariantTable, compile_routes


def seeded(seed):
    return random.Random(seed)  # noqa: S311 - traffic shares


def routes(weights, instances=1):
    variants = {
        name: VariantTable(weight, [Instance(f"{name}-{n}", 20_000 + n) for n in range(instances)])
        for name, weight in weights.items()
    }
    return compile_routes(Table({}, {"1": {"e": variants}}))["1", "e"]


def test_100_to_0_is_not_50_to_50():
    """seldon-core#4067."""
    compiled, generator = routes({"a": 0, "b": 100, "c": 0}), seeded(1)
    assert {compiled.pick(generator).name for _ in range(2000)} == {"b"}


@given(st.lists(st.integers(0, 100), min_size=1, max_size=10), st.integers())
def test_a_variant_without_weight_is_never_picked(weights, seed):
    compiled, generator = routes({f"v{n}": weight for n, weight in enumerate(weights)}), seeded(seed)
    picked = [compiled.pick(generator) for _ in range(50)]
    if sum(weights):
        assert all(weights[int(route.name[1:])] > 0 for route in picked)
    else:
        assert picked == [None] * 50


def test_shares_are_weight_over_sum():
    compiled, generator = routes({"a": 5, "b": 95}), seeded(3)
    counted = Counter(compiled.pick(generator).name for _ in range(20_000))
    assert abs(counted["a"] / 20_000 - 0.05) < 0.005


def test_instances_take_turns():
    route = routes({"a": 1}, instances=3).variants["a"]
    assert Counter(route.next().id for _ in range(9)) == {"a-0": 3, "a-1": 3, "a-2": 3}


def test_a_variant_without_an_instance_gets_no_traffic():
    variants = {"a": VariantTable(1, []), "b": VariantTable(1, [Instance("b-0", 20_000)])}
    compiled = compile_routes(Table({}, {"1": {"e": variants}}))["1", "e"]
    assert ({route.name for route in compiled.shared}, set(compiled.variants)) == ({"b"}, {"b"})


def test_an_endpoint_without_an_instance_has_no_route():
    assert compile_routes(Table({}, {"1": {"e": {"a": VariantTable(1, [])}}})) == {}
