"""`make render`: the folders from which Argo CD delivers, written from config and registry, or held to them."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click
import msgspec

from infra import folder, manifests
from infra.settings import Settings
from infra.source import SettingsError
from infra.stack_files import settings, stacks
from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.provider.fleet import get_fleet
from modeldelivery.provider.sdk import Fleet, RegisteredVersion
from modeldelivery.release.aws.session import open_account
from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.naming import Environment, parse_environment
from modeldelivery.terminal import program
from modeldelivery.terminal.commands import USAGE, Command, Value, read

NAME = "render"
_PROGRAM = "python -m infra.render"
_ROOT = Path(__file__).parents[1]
_OTHER, _UNREACHABLE = 1, 5


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for.

    Attributes:
        environment: None for each that is delivered from Git.
        config_file: the environment's file, where that is not Pulumi.ENV.yaml.
        check: nothing is written.
    """

    environment: Environment | None
    config_file: Path | None
    check: bool


def main() -> int:
    """Returns the exit status."""
    return program.run(
        NAME, lambda: _run(read(_command(), None, Options), _ROOT), "interrupted; run it again"
    )


def _command() -> Command:
    return Command(
        _PROGRAM,
        params=[
            click.Option(
                ["--env", "environment"], type=Value("ENV", parse_environment),
                help="The environment, for example edge-prod; by default each that is delivered from Git.",
            ),
            click.Option(
                ["--config-file"], type=click.Path(path_type=Path, exists=True, dir_okay=False),
                help="The environment's file, as of `pulumi --config-file`; with --env.",
            ),
            click.Option(["--check"], is_flag=True, help="Write nothing; name file and line where a folder is not what config says."),
        ],
        callback=Options,
        help="Write the manifests that Argo CD delivers, from config and registry, into the folders that config names "
        "(serving.kubernetes.deliver.path).",
        examples=[_PROGRAM, f"{_PROGRAM} --env edge-prod --check"],
        statuses={
            _OTHER: "config is not allowed, a version is not registered, or (--check) a folder is not what config says",
            USAGE: "the command line makes no sense",
            _UNREACHABLE: "a registry cannot be read: no credentials, or AWS unreachable",
            program.INTERRUPTED: "interrupted (SIGINT, SIGTERM, SIGHUP)",
        },
    )  # fmt: skip


def _run(options: Options, root: Path) -> int:
    complain = partial(program.complain, NAME)
    try:
        delivered = _delivered(root, options)
        if not delivered:
            program.say(
                f"`pulumi up` delivers {options.environment or 'every environment here'}, and Git none of it "
                f"(serving.kubernetes.deliver in Pulumi.{options.environment or 'ENV'}.yaml)"
            )
            return 0
        return max(_carry_out(each, root, check=options.check) for each in delivered)
    except (SettingsError, ProviderError) as error:
        complain(str(error))
        return _OTHER
    except DeliveryError as error:
        complain(str(error))
        return _UNREACHABLE


def _delivered(root: Path, options: Options) -> list[Settings]:
    """Environments that are delivered from Git. Raises SettingsError, also where a folder is to be written for one that is not."""
    environment = options.environment
    every = (
        [settings(root, environment, options.config_file)]
        if environment
        else [settings(root, name) for name in stacks(root)]
    )
    delivered = [each for each in every if each.serving.kubernetes and each.serving.kubernetes.deliver]
    if environment and not delivered and not options.check:
        raise SettingsError(
            f"Pulumi.{environment}.yaml: model-delivery:serving has no kubernetes.deliver: `pulumi up` delivers {environment}, and no folder"
        )
    return delivered


def _carry_out(environment: Settings, root: Path, *, check: bool) -> int:
    """Write one environment's folder, or compare it; the exit status."""
    assert environment.serving.kubernetes is not None
    assert environment.serving.kubernetes.deliver is not None
    name, path = environment.place.environment, environment.serving.kubernetes.deliver.path
    versions = _versions(environment)
    files = manifests.folder(environment, versions) if versions else {}
    wanted = folder.written(
        files, f"Written by `make render ENV={name}` from Pulumi.{name}.yaml and the registry; edit those."
    )
    there = _there(root / path)
    if check:
        different = list(folder.differences(path, wanted, there))
        for each in different:
            program.complain(NAME, each)
        if different:
            program.complain(
                NAME, f"`make render ENV={name}` writes {path} anew: commit that with Pulumi.{name}.yaml"
            )
            return _OTHER
        program.say(f"{path}: as config and registry say")
        return 0
    _write(root / path, wanted, there)
    program.say(f"{path}: {_told(wanted, there)}")
    return 0


def _versions(environment: Settings) -> tuple[RegisteredVersion, ...]:
    """As the program looks them up. Raises ProviderError."""
    place, release = environment.place, environment.release
    answer = get_fleet(
        {
            "model": place.model,
            "environment": place.environment,
            "account": place.account,
            "region": place.region,
            "profile": environment.profile,
            "live": release.live if release else None,
            "fleet": list(release.fleet) if release else [],
        },
        open_account,
    )
    return msgspec.convert(answer, Fleet).versions


def _there(path: Path) -> dict[str, str]:
    return {
        each.name: each.read_text(encoding="utf-8")
        for each in (path.iterdir() if path.is_dir() else ())
        if each.suffix in folder.DELIVERED
    }


def _write(path: Path, wanted: Mapping[str, str], there: Mapping[str, str]) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for name in there.keys() - wanted.keys():
        (path / name).unlink()
    for name, text in wanted.items():
        if there.get(name) != text:
            (path / name).write_text(text, encoding="utf-8")


def _told(wanted: Mapping[str, str], there: Mapping[str, str]) -> str:
    """What became of the folder's files."""
    written = sorted(name for name in wanted if there.get(name) != wanted[name])
    removed = sorted(there.keys() - wanted.keys())
    parts = [
        f"{', '.join(names)} {what}" for names, what in ((written, "written"), (removed, "removed")) if names
    ]
    return "; ".join(parts) or (
        f"{', '.join(sorted(wanted))} as they were" if wanted else "no version is registered yet"
    )


if __name__ == "__main__":
    sys.exit(main())
