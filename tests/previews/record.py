"""Record previews: `.venv/bin/python -m tests.previews.record [NAME …]`.

In a sandbox of its own, for what is on Kubernetes with a cluster beside it (`make setup-kubernetes` comes first), each environment is led through its states in `scenarios.py`; in each state the engine previews
the changes that start there. What is written is what the engine said, without what differs from run to run or machine to
machine.
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.conftest import CHECKOUT, Sandbox
from tests.previews import keep
from tests.previews.program import checked_out
from tests.previews.scenarios import STATES
from tests.previews.world import ClusterWorld, DeliveredWorld, World

WORLDS = {"prod": World, "staging": World, "edge-prod": ClusterWorld, "edge-staging": DeliveredWorld}
OF_THE_MACHINE = ("/root", "/tmp/", f"{CHECKOUT.parents[-2]}/", str(Path.home()))  # noqa: S108 - to refuse them


def main(wanted):
    names = {scenario.name for states in STATES.values() for state in states for scenario in state.scenarios}
    if unknown := wanted - names:
        sys.exit(f"no scenario is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder) / "sandbox")
        sandbox.run("up")
        try:
            program = checked_out(Path(folder) / "program")
            for environment, states in STATES.items():
                if not wanted or any(wanted & {each.name for each in state.scenarios} for state in states):
                    world = WORLDS[environment](environment, sandbox, Path(folder), program)
                    lead(world, states, wanted or names)
        finally:
            sandbox.run("down", "--purge")


def lead(world, states, wanted, kept=keep):
    """Lead one environment from state to state, as far as a scenario asks for; what was recorded goes to `kept`, one by one."""
    needed = [at for at, state in enumerate(states) if any(s.name in wanted for s in state.scenarios)]
    for state in states[: max(needed, default=-1) + 1]:
        print(f"{world.name}: {state.claim}", flush=True)
        state.reach(world)
        for each in state.scenarios:
            if each.name in wanted:
                kept({each.name: record(world, each)})


def record(world, scenario):
    """Preview one change; what the engine wrote."""
    with world.changed(scenario) as program:
        done = world.engine(program, *scenario.command, *scenario.flags)
    results = {
        "scenario": scenario.claim,
        "environment": world.name,
        "exit": done.returncode,
        "stderr": done.stderr,
        "document": normalised(json.loads(done.stdout)) if done.stdout.strip() else None,
    }
    text = json.dumps(results, indent=1, ensure_ascii=False)
    for ours, word in world.words.items():
        text = text.replace(ours, word)
    results = json.loads(text)
    for unwanted in (*OF_THE_MACHINE, *scenario.hidden):
        assert unwanted not in text, f"{scenario.name}: {text[text.index(unwanted) - 200 :][:400]}"
    print(
        f"  {scenario.name}: {done.returncode} {(results['document'] or {}).get('changeSummary')}", flush=True
    )
    return results


def normalised(document):
    """Without what differs from run to run: how long it took, where in which file a resource was declared, where the kubeconfig is; dependencies in order."""
    document.pop("duration", None)
    for step in document.get("steps", ()):
        for state in ("oldState", "newState"):
            for place in ("stackTrace", "sourcePosition"):
                step.get(state, {}).pop(place, None)
            for several in _dependencies(step.get(state, {})):
                several.sort()
            for properties in (step.get(state, {}).get(each, {}) for each in ("inputs", "outputs")):
                if "kubeconfig" in properties:
                    properties["kubeconfig"] = "~/.kube/config"
    return document


def _dependencies(state):
    """The engine's lists of a resource's dependencies, which it gives in any order."""
    return [
        each for each in (state.get("dependencies"), *state.get("propertyDependencies", {}).values()) if each
    ]


if __name__ == "__main__":
    main(set(sys.argv[1:]))
