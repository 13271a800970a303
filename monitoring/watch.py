"""`make watch`: exporter, Prometheus and Alertmanager on this machine, and whatever Alertmanager sends, as lines.

The two programs are the machine's (`apt-get install prometheus prometheus-alertmanager`); nothing here installs them.
"""

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec
import yaml

from modeldelivery.release.naming import Environment, Model
from modeldelivery.terminal import program
from modeldelivery.terminal.commands import USAGE, Command, read
from modeldelivery.terminal.steps import SetupError, step
from monitoring import alertmanager, prometheus, rules
from monitoring.collector import FRESH
from monitoring.options import watched
from monitoring.programs import HOST, Program, free_ports, on_path, running
from monitoring.webhook import webhook

NAME = "watch"  # before complaints
_PROGRAM = "python -m monitoring.watch"
_PROMETHEUS = ("prometheus",)
_ALERTMANAGER = ("alertmanager", "prometheus-alertmanager")  # upstream's name, Debian's
_INSTALL = "`apt-get install prometheus prometheus-alertmanager` (Debian, Ubuntu), `brew install prometheus alertmanager`"
_OFTEN = 0.2  # seconds


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for.

    Attributes:
        environments, model: what is watched.
        scale: of the rules' lengths of time; 1 as in production.
        objective: share of invocations that are to be answered well.
    """

    environments: tuple[Environment, ...]
    model: Model
    scale: float
    objective: float


def main() -> int:
    """Returns the exit status."""
    return program.run(NAME, lambda: _carry_out(read(_command(), None, Options)), "stopped")


def _command() -> Command:
    return Command(
        _PROGRAM,
        params=[
            *watched(),
            click.Option(
                ["--scale"], default=1.0, show_default=True, type=click.FloatRange(min=0.001, max=1),
                help="Of every length of time in the rules; 0.01 tells a fault in seconds.",
            ),
            click.Option(
                ["--objective"], default=rules.OBJECTIVE, show_default=True, type=click.FloatRange(0, 1, min_open=True, max_open=True),
                help="Share of invocations that are to be answered well.",
            ),
        ],
        callback=Options,
        help="Run exporter, Prometheus and Alertmanager on this machine, and print what Alertmanager sends.",
        examples=[f"{_PROGRAM} --env staging --env prod --scale 0.01"],
        statuses={
            1: "a program is missing, or ended",
            USAGE: "the command line makes no sense",
            130: "stopped (SIGINT, SIGTERM, SIGHUP)",
        },
    )  # fmt: skip


def _carry_out(options: Options) -> int:
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watch-")))
            programs = _start(options, folder, stack)
            print("Alerts, as Alertmanager sends them (Ctrl-C ends all of it):", flush=True)
            while True:
                for each in programs:
                    each.refuse_ended()
                time.sleep(_OFTEN)
    except SetupError as error:
        program.complain(NAME, str(error))
        return 1


def _start(options: Options, folder: Path, stack: ExitStack) -> list[Program]:
    """All programs, each of which answers; raises SetupError."""
    server, manager = on_path(_PROMETHEUS, _INSTALL), on_path(_ALERTMANAGER, _INSTALL)
    told = stack.enter_context(webhook())
    names = ("exporter", "alertmanager", "prometheus")
    address = {name: f"{HOST}:{port}" for name, port in zip(names, free_ports(len(names)), strict=True)}
    (folder / "rules.yml").write_text(rules.text(options.scale, options.objective))
    _write(folder / "alertmanager.yml", alertmanager.document(told, options.scale))
    _write(
        folder / "prometheus.yml",
        prometheus.document(
            [{"targets": [address["exporter"]]}],
            [address["alertmanager"]],
            folder / "rules.yml",
            options.scale,
        ),
    )
    environments = [word for environment in options.environments for word in ("--env", environment)]
    commands = {
        "exporter": [
            sys.executable, "-m", "monitoring", "--model", options.model, *environments,
            "--listen", address["exporter"], "--fresh", f"{max(1.0, FRESH * options.scale):g}",
        ],
        "alertmanager": [
            manager, f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={address['alertmanager']}", "--cluster.listen-address=",
        ],
        "prometheus": [
            server, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address={address['prometheus']}",
        ],
    }  # fmt: skip
    programs = []
    for name, path in zip(names, ("/metrics", "/-/ready", "/-/ready"), strict=True):
        with step(name, sys.stdout) as shown:
            started = stack.enter_context(running(name, commands[name], folder / f"{name}.log"))
            started.await_answer(address[name], path)
            programs.append(started)
            shown.outcome(f"http://{address[name]}{path.removesuffix('/-/ready')}")
    return programs


def _write(path: Path, document: object) -> None:
    path.write_text(yaml.safe_dump(document, sort_keys=False))


if __name__ == "__main__":
    sys.exit(main())
