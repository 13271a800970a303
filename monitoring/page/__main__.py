"""`make page ENV=…`: what became of an environment, as one file of HTML."""

from functools import partial
from pathlib import Path

import click
import msgspec

from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import Environment, Model
from modeldelivery.terminal import program
from modeldelivery.terminal.commands import USAGE, Command, read
from monitoring.options import environment, model

NAME = "page"
_PROGRAM = "python -m monitoring.page"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for.

    Attributes:
        environment, model: what is shown.
        out: the file that is written.
        drift, quality, acts: places of reports, and of what followed from them; None for the registry's.
        prometheus: address; None where there is none.
    """

    environment: Environment
    model: Model
    out: Path
    drift: str | None
    quality: str | None
    acts: str | None
    prometheus: str | None


def main() -> int:
    """Returns the exit status."""
    return program.run(NAME, lambda: _write(read(_command(), None, Options)), "stopped")


def _command() -> Command:
    return Command(
        _PROGRAM,
        params=[
            environment("The environment, for example prod."),
            model(),
            click.Option(
                ["--out"], required=True, type=click.Path(path_type=Path, dir_okay=False),
                help="The file that is written.",
            ),
            click.Option(["--drift"], help="Reports of drift, a folder or s3://…; by default below drift/ in the registry."),
            click.Option(["--quality"], help="Reports of quality, likewise; by default below quality/ in the registry."),
            click.Option(["--acts"], help="What followed from them, a file or s3://…; by default in acts/ in the registry."),
            click.Option(["--prometheus"], help="The Prometheus that watches it, http://HOST:PORT; without it there are no alerts."),
        ],
        callback=Options,
        help="Write what became of an environment, weights, quality, drift and alerts, as one file of HTML that fetches nothing.",
        examples=[f"{_PROGRAM} --env prod --out prod.html", f"{_PROGRAM} --env prod --out prod.html --prometheus http://127.0.0.1:9090"],
        statuses={
            1: "the file cannot be written",
            USAGE: "the command line makes no sense",
            5: "the environment cannot be opened: no credentials, or AWS unreachable",
            130: "stopped (SIGINT, SIGTERM, SIGHUP)",
        },
    )  # fmt: skip


def _write(options: Options) -> int:
    # Not before: clients and the template's library cost a second, and help needs none.
    from monitoring.page.collect import collect  # noqa: PLC0415 - as above
    from monitoring.page.document import draw  # noqa: PLC0415 - as above

    complain = partial(program.complain, NAME)
    try:
        subject = collect(
            options.model,
            options.environment,
            drift_place=options.drift,
            quality_place=options.quality,
            acts_place=options.acts,
            prometheus_address=options.prometheus,
        )
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(draw(subject), encoding="utf-8")
    except DeliveryError as error:
        complain(str(error))
        return int(error.exit)
    except OSError as error:
        complain(f"{options.out}: {error.strerror}")
        return 1
    program.say(str(options.out))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
