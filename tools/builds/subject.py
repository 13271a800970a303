"""Which version of which model a stage is about, and in which environment."""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.naming import Environment, Model, parse_environment, parse_model
from modeldelivery.release.version import Version, parse_version
from tools.builds import outcome
from tools.builds.stage import StageError, required


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    model: Model
    environment: Environment
    version: Version


def of(environ: Mapping[str, str]) -> Subject:
    """What the build's variables name, and `make build-version` left. Raises StageError."""
    model, environment = required(environ, "MODEL"), required(environ, "ENVIRONMENT")
    version = outcome.left("VERSION")
    if not version:
        raise StageError("no version is told: `make build-version` comes before this stage")
    try:
        return Subject(
            model=parse_model(model),
            environment=parse_environment(environment),
            version=parse_version(version),
        )
    except ValueError as error:
        raise StageError(f"MODEL={model}, ENVIRONMENT={environment}, VERSION={version}: {error}") from error
