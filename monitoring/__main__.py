"""`python -m monitoring`: an exporter of what CloudWatch, the endpoint and the journal say, for Prometheus."""

import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

import click
import msgspec

from modeldelivery.release.errors import DeliveryError, Exit
from modeldelivery.release.naming import Environment, Model
from modeldelivery.terminal import program
from modeldelivery.terminal.commands import USAGE, Command, Value, read
from monitoring.options import PORT, Listen, listen, watched
from monitoring.series import UP

if TYPE_CHECKING:
    from monitoring.collector import Exporter

NAME = "monitoring"  # before complaints
_PROGRAM = "python -m monitoring"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for.

    Attributes:
        environments, model: what is watched.
        listen: where scrapes are answered.
        fresh: seconds for which what was read answers them.
        once: print what a scrape would be answered with, and end.
    """

    environments: tuple[Environment, ...]
    model: Model
    listen: Listen
    fresh: float
    once: bool


def main() -> int:
    """Returns the exit status."""
    return program.run(NAME, lambda: _serve(read(_command(), None, Options)), "stopped")


def _command() -> Command:
    return Command(
        _PROGRAM,
        params=[
            *watched(),
            click.Option(
                ["--listen"], default=f"127.0.0.1:{PORT}", show_default=True, type=Value("HOST:PORT", listen),
                help="Where scrapes are answered; port 0 takes a free one.",
            ),
            click.Option(
                ["--fresh"], default=60.0, show_default=True, type=click.FloatRange(min=0),
                help="Seconds for which what was read answers scrapes; each read is one call of GetMetricData an environment.",
            ),
            click.Option(
                ["--once"], is_flag=True, help="Print what a scrape would be answered with, and end; listens nowhere.",
            ),
        ],
        callback=Options,
        help="Answer Prometheus' scrapes with weights, holds, findings, requests and latency of each environment.",
        examples=[f"{_PROGRAM} --env staging --env prod", f"{_PROGRAM} --env prod --once"],
        statuses={
            1: "the address cannot be listened at, or an environment is on a cluster",
            USAGE: "the command line makes no sense",
            5: "an environment cannot be opened: no credentials, or AWS unreachable; with --once also: something could not be read",
            130: "stopped (SIGINT, SIGTERM, SIGHUP)",
        },
    )  # fmt: skip


def _serve(options: Options) -> int:
    # Not before: a client's libraries cost a second, and help needs none.
    from monitoring.collector import PATIENCE, Exporter  # noqa: PLC0415 - as above
    from monitoring.sources import source  # noqa: PLC0415 - as above

    complain = partial(program.complain, NAME)
    try:
        sources = [source(options.model, environment, complain) for environment in options.environments]
    except DeliveryError as error:
        complain(str(error))
        return int(error.exit)
    exporter = Exporter(sources, options.fresh, patience=None if options.once else PATIENCE)
    return _print(exporter) if options.once else _listen_at(options.listen, exporter)


def _print(exporter: "Exporter") -> int:
    """What a scrape would be answered with; what could not be read is in it, and in the status."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - as in _serve

    registry = CollectorRegistry()
    registry.register(exporter)
    print(generate_latest(registry).decode(), end="")
    missing = [
        sample.labels["source"]
        for family in exporter.collect()
        for sample in family.samples
        if sample.name == UP.name and not sample.value
    ]
    return int(Exit.UNREACHABLE) if missing else 0


def _listen_at(where: Listen, exporter: "Exporter") -> int:
    """Answer scrapes until a signal ends it."""
    from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server  # noqa: PLC0415 - as in _serve

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(exporter)
    try:
        server, thread = start_http_server(where.port, where.host, registry)
    except OSError as error:
        program.complain(NAME, f"--listen {where}: {error.strerror}")
        return 1
    program.say(f"http://{Listen(where.host, server.server_port)}/metrics")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    finally:
        server.shutdown()
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
