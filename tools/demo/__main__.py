"""`make up` and `make down`."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from modeldelivery.terminal import program
from modeldelivery.terminal.steps import step
from tools.demo import delivered, edge, remote
from tools.demo.road import walk
from tools.demo.run import BIN, EDGES, ENVIRONMENTS, ROOT, TRAINS, Demo, StepError

REQUESTS = 200
NEXT = """
Try next (enter the sandbox first: eval "$({sandbox} env)"):

  modelctl status   --env prod
  modelctl rollback --env prod --reason "too many late flights"   traffic goes back, in seconds
  pulumi up         --stack prod                                  the rollback stands, and it says why
  modelctl history  --env prod
  make preview ENV=staging && make preview ENV=prod && make comment
                                                                  change something first: what a pull request would be told
  modelctl train    --env staging --version v1.2.0                data, gates, training on its own pipeline, a registered version
  modelctl lineage  --env staging --version v1.2.0                where it comes from
  git tag flights@v1.3.0 && git push sandbox HEAD:main flights@v1.3.0
                                                                  a tag that is built, trained, deployed at weight 0 and verified
  modelctl builds   --env staging --follow                        how far it is, and why it stopped
  make model                                                      data, gates and training, as a pull request would be told
  make test                                                       every test, against the same engine
  make down                                                       leaves nothing behind
"""

NEXT_ON_KUBERNETES = """
Try next (enter the sandbox first: eval "$({sandbox} env)"):

  modelctl status   --env edge-prod
  modelctl rollback --env edge-prod --reason "too many late flights"
                                                                  traffic goes back, in seconds
  pulumi up         --stack edge-prod                             the rollback stands, and it says why
  modelctl history  --env edge-prod
  kubectl get httproutes,deployments --namespace flights-edge-prod
                                                                  the same, as the cluster has it
  sandbox kubernetes status                                       its servers and pods
  make down                                                       leaves nothing behind
"""
NEXT_BY_ARGO_CD = """
A version joins by a commit: name it in the fleet of Pulumi.edge-staging.yaml, then

  make render ENV=edge-staging                                    its manifests, from config and registry, in deploy/edge-staging
  git add deploy Pulumi.edge-staging.yaml && git commit --message "it joins" && git push --force delivery HEAD:main
                                                                  Argo CD starts its pods
  pulumi up --stack edge-staging                                  waits for them, and adds it at weight 0
  kubectl get applications --namespace argocd                     what Argo CD says
"""
_TARGETS = ("sagemaker", "kubernetes")
_DELIVERIES = ("argocd",)


def main() -> int:
    """Run one of the two; 0 when it went well."""
    command, *targets = sys.argv[1:] or [""]
    name = f"make {command}".strip()
    return program.run(
        name,
        lambda: _carry_out(name, command, targets),
        "interrupted. Run it again: it goes on where it stopped",
    )


def _carry_out(name: str, command: str, targets: list[str]) -> int:
    try:
        match command, targets:
            case "up", [] | ["sagemaker"]:
                _up()
            case "up", ["kubernetes"]:
                _up_on_kubernetes(argocd=False)
            case "up", ["kubernetes", "argocd"]:
                _up_on_kubernetes(argocd=True)
            case "up", [target] | ["sagemaker" as target, _]:
                print(
                    f"make up: TARGET is {target}; allowed: {', '.join(_TARGETS)}, and DELIVERY only with kubernetes",
                    file=sys.stderr,
                )
                return 2
            case "up", [_, *deliveries]:
                print(
                    f"make up: DELIVERY is {' '.join(deliveries)}; allowed with TARGET=kubernetes: {', '.join(_DELIVERIES)}, or no such word",
                    file=sys.stderr,
                )
                return 2
            case "down", []:
                _down()
            case _:
                print("usage: python -m tools.demo up [TARGET [DELIVERY]] | down", file=sys.stderr)
                return 2
    except StepError as error:
        program.complain(name, str(error))
        return 1
    return 0


def _up() -> None:
    started = time.monotonic()
    demo = _enter()
    # Not before: a client's libraries look at the environment when they are imported.
    from tools.demo.traffic import send  # noqa: PLC0415

    walk(demo)
    with step(f"{TRAINS}: a Git remote whose tags are built", sys.stdout) as shown:
        shown.outcome(demo.connect(TRAINS))
    for environment in ENVIRONMENTS:
        with step(f"send {REQUESTS} requests to {environment}", sys.stdout) as shown:
            shown.outcome(send(environment, REQUESTS))
    for environment in ENVIRONMENTS:
        print()
        demo.show("modelctl", "status", "--env", environment)
    print(NEXT.format(sandbox=Path(BIN, "sandbox").relative_to(ROOT)))
    print(f"ready after {time.monotonic() - started:.0f} s")


def _up_on_kubernetes(*, argocd: bool) -> None:
    started = time.monotonic()
    new = edge.start_cluster(argocd=argocd)
    demo = _enter()
    if argocd:
        edge.deliver_from_git(demo)
    # As above.
    from tools.demo.traffic import send_through  # noqa: PLC0415

    edge.walk(demo, new_cluster=new)
    for environment in EDGES:
        with step(f"send {REQUESTS} requests to {environment}", sys.stdout) as shown:
            shown.outcome(send_through(edge.gateway(), demo.hostname(environment), REQUESTS))
    for environment in EDGES:
        print()
        demo.show("modelctl", "status", "--env", environment)
    print(NEXT_ON_KUBERNETES.format(sandbox=Path(BIN, "sandbox").relative_to(ROOT)))
    if argocd:
        print(NEXT_BY_ARGO_CD)
    print(f"ready after {time.monotonic() - started:.0f} s")


def _enter() -> Demo:
    with step("sandbox: two accounts on this machine", sys.stdout) as shown:
        sandbox = str(BIN / "sandbox")
        up = subprocess.run([sandbox, "up"], check=False, capture_output=True, text=True, cwd=ROOT)
        if up.returncode:
            raise StepError(f"`sandbox up` failed:\n{up.stdout}{up.stderr}")
        completed = subprocess.run(
            [sandbox, "env", "--json"], check=True, capture_output=True, text=True, cwd=ROOT
        )
        environ = dict(json.loads(completed.stdout))
        shown.outcome(up.stderr.strip().splitlines()[-2])
    # From here on nothing of the shell that typed it is left, in this process either.
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(environ)
    home = Path(environ["AWS_CONFIG_FILE"]).parents[1]
    # What the engine's plugins leave there, the Kubernetes provider a kubeconfig each time, goes with the rest.
    temporary = home / "tmp"
    temporary.mkdir(exist_ok=True)
    return Demo(home=home, environ=environ | {"TMPDIR": str(temporary)})


def _down() -> None:
    with step("stopping the sandbox and removing its folder", sys.stdout) as shown:
        done = subprocess.run(
            [str(BIN / "sandbox"), "down", "--purge"], check=False, capture_output=True, text=True, cwd=ROOT
        )
        if done.returncode:
            raise StepError(f"`sandbox down --purge` failed:\n{done.stdout}{done.stderr}")
        home = Path(os.environ.get("SANDBOX_HOME") or ROOT / ".sandbox").absolute()
        names = [name for name in (remote.NAME, delivered.REMOTE) if remote.remove(ROOT, home, name)]
        files = [f"Pulumi.{each}.yaml" for each in EDGES if delivered.end(ROOT, each)]
        undone = [f"the Git remote {name}" for name in names] + [f"its line of {file}" for file in files]
        if undone:
            shown.outcome(f"and {', '.join(undone)}")


if __name__ == "__main__":
    sys.exit(main())
