"""`python -m monitoring`: an exporter of what CloudWatch, the endpoint and the journal say, for Prometheus."""

import sys
import threading
from functools import partial

import click
import msgspec

from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import Environment, Model
from modeldelivery.terminal import program
from modeldelivery.terminal.commands import USAGE, Command, Value, read
from monitoring.options import watched

NAME = "monitoring"  # before complaints
_PROGRAM = "python -m monitoring"
_PORT = 9406


class Listen(msgspec.Struct, frozen=True):
    """Where scrapes are answered."""

    host: str
    port: int


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for.

    Attributes:
        environments, model: what is watched.
        listen: where scrapes are answered.
        fresh: seconds for which what was read answers them.
    """

    environments: tuple[Environment, ...]
    model: Model
    listen: Listen
    fresh: float


def main() -> int:
    """Returns the exit status."""
    return program.run(NAME, lambda: _serve(read(_command(), None, Options)), "stopped")


def _command() -> Command:
    return Command(
        _PROGRAM,
        params=[
            *watched(),
            click.Option(
                ["--listen"], default=f"127.0.0.1:{_PORT}", show_default=True, type=Value("HOST:PORT", _listen),
                help="Where scrapes are answered; port 0 takes a free one.",
            ),
            click.Option(
                ["--fresh"], default=60.0, show_default=True, type=click.FloatRange(min=0),
                help="Seconds for which what was read answers scrapes; each read is one call of GetMetricData an environment.",
            ),
        ],
        callback=Options,
        help="Answer Prometheus' scrapes with weights, holds, findings, requests and latency of each environment.",
        examples=[f"{_PROGRAM} --env staging --env prod"],
        statuses={
            1: "the address cannot be listened at",
            USAGE: "the command line makes no sense",
            5: "an environment cannot be opened: no credentials, or AWS unreachable",
            130: "stopped (SIGINT, SIGTERM, SIGHUP)",
        },
    )  # fmt: skip


def _listen(text: str) -> Listen:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) >= 2**16:
        raise ValueError(f"{text!r} is no address: write HOST:PORT, for example 127.0.0.1:{_PORT}")
    return Listen(host.strip("[]"), int(port))


def _serve(options: Options) -> int:
    # Not before: a client's libraries cost a second, and help needs none.
    from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server  # noqa: PLC0415

    from monitoring.collector import Exporter  # noqa: PLC0415 - as above
    from monitoring.sources import source  # noqa: PLC0415 - as above

    complain = partial(program.complain, NAME)
    try:
        sources = [source(options.model, environment, complain) for environment in options.environments]
    except DeliveryError as error:
        complain(str(error))
        return int(error.exit)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Exporter(sources, options.fresh))
    listen = options.listen
    try:
        server, thread = start_http_server(listen.port, listen.host, registry)
    except OSError as error:
        complain(f"--listen {listen.host}:{listen.port}: {error.strerror}")
        return 1
    program.say(f"http://{listen.host}:{server.server_port}/metrics")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    finally:
        server.shutdown()
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
