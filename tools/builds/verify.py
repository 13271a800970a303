"""Have the version of a commit verified as it serves now, at weight 0 where it is a candidate; nothing is moved, and nothing rejected."""

from collections.abc import Mapping

from modeldelivery.release.aws.environment import open_environment
from modeldelivery.release.core import weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.errors import Exit
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.version import Version, parse_version, precedence
from tools.builds.modelctl import ModelctlError, modelctl


def verify(version: str, environ: Mapping[str, str]) -> str:
    """Verify it; what came of it.

    Raises:
        StageError: it is not on the endpoint, or it does not do what it is to do.
        DeliveryError: AWS refused a call, or does not answer.
    """
    model, environment = parse_model(environ["MODEL"]), parse_environment(environ["ENVIRONMENT"])
    load = ["--load"] if environ.get("LOAD") == "yes" else []
    try:
        return modelctl("verify", "--env", environment, "--model", model, "--version", version, *load)
    except ModelctlError as error:
        if error.status != Exit.REFUSED:
            raise
        endpoint = open_environment(model, environment, profile=None).endpoint.patient_traffic.describe()
        newer = overtaken(parse_version(version), endpoint) if endpoint else None
        if newer is None:
            raise
        return (
            f"{version} is not on {environment}: {newer} is newer and has its place (release.candidates), so that nothing of "
            f"{version} was verified"
        )


def overtaken(version: Version, endpoint: Endpoint) -> Version | None:
    """The newer candidate that took the place of one that was built before it: two tags at once; None where none did."""
    if version in endpoint.variants:
        return None
    waiting = set(endpoint.variants) - set(weights.traffic(endpoint.current))
    newest = max(waiting, key=precedence, default=version)
    return newest if precedence(newest) > precedence(version) else None
