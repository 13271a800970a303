"""How the two environments on Kubernetes come about: the first takes each version from where it was trained, the second from the first."""

import json
import subprocess
import sys

from modeldelivery.terminal.steps import step
from tools.demo import delivered, remote
from tools.demo.road import (
    FIRST,
    SECOND,
    UNTIL,
    as_config_says,
    begin_with_first,
    prepare,
    registry,
    take,
    train,
)
from tools.demo.run import BIN, EDGES, ROOT, TRAINS, Demo, StepError

BEFORE, AFTER = EDGES


def start_cluster(*, argocd: bool) -> bool:
    """Have the sandbox's cluster run, with Argo CD in it or without; whether it is a new one, which holds nothing of an earlier one.

    Raises:
        StepError: it cannot be had.
    """
    further = ", Argo CD" if argocd else ""
    with step(f"cluster: a control plane, a node, a gateway{further} on this machine", sys.stdout) as shown:
        ran = _sandbox("kubernetes", "status", "--json").returncode == 0
        up = _sandbox("kubernetes", "up", *(["--argocd"] if argocd else []))
        if up.returncode:
            raise StepError(f"`sandbox kubernetes up` failed:\n{up.stdout}{up.stderr}")
        shown.outcome(up.stderr.strip().splitlines()[-1])
    return not ran


def deliver_from_git(demo: Demo) -> None:
    """Have Argo CD deliver both environments, by config, from the cluster's repository.

    Raises:
        StepError: one of them is there already, and `pulumi up` delivers it: who does is decided once; or its stack file has no
            place for the line.
    """
    with step(
        "config: Argo CD delivers the versions of both (serving.kubernetes.deliver)", sys.stdout
    ) as shown:
        there = demo.stacks()
        for environment in EDGES:
            if delivered.is_delivered(ROOT, environment) or environment not in there:
                continue
            if "route" in demo.outputs(environment):
                raise StepError(
                    f"{environment} is there already, and `pulumi up` delivers its versions: who delivers is decided once. "
                    "`make down`, then `make up TARGET=kubernetes DELIVERY=argocd`"
                )
        for environment in EDGES:
            try:
                delivered.begin(ROOT, environment, demo.repository)
            except delivered.NoPlaceError as error:
                raise StepError(str(error)) from error
        shown.outcome(remote.add(ROOT, str(demo.repository), delivered.REMOTE))


def gateway() -> str:
    """The address by which requests come to the cluster, `http://127.0.0.1:PORT`."""
    return str(json.loads(_sandbox("kubernetes", "status", "--json").stdout)["gateway"])


def walk(demo: Demo, *, new_cluster: bool) -> None:
    """From nothing, or from wherever an earlier run was killed, to two environments as their config says."""
    registry(demo, TRAINS)
    missing = [version for version in UNTIL if version not in demo.fleet(BEFORE)]
    sources = prepare(demo, missing)
    train(demo, FIRST, sources, lambda: _registries(demo, new_cluster=new_cluster))
    take(demo, FIRST, BEFORE, TRAINS)
    begin_with_first(demo, BEFORE)
    train(demo, SECOND, sources, lambda: _after_with_first(demo))
    take(demo, SECOND, BEFORE, TRAINS)
    as_config_says(demo, BEFORE)
    take(demo, SECOND, AFTER, BEFORE)
    as_config_says(demo, AFTER)


def _registries(demo: Demo, *, new_cluster: bool) -> None:
    for environment in EDGES:
        registry(demo, environment)
        if new_cluster and demo.outputs(environment):
            with step(f"{environment}: the cluster is new, telling the stack what is gone", sys.stdout):
                demo.recover(environment)


def _after_with_first(demo: Demo) -> None:
    take(demo, FIRST, AFTER, BEFORE)
    begin_with_first(demo, AFTER)


def _sandbox(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "sandbox"), *arguments], check=False, capture_output=True, text=True, cwd=ROOT
    )
