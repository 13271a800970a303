"""Have the version of a commit verified as it serves now, at weight 0 where it is a candidate; nothing is moved, and nothing rejected."""

from collections.abc import Mapping

from modeldelivery.release.aws.approvals import approvals_in
from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.errors import Exit
from modeldelivery.release.naming import parse_environment, parse_model
from modeldelivery.release.version import Version, parse_version
from tools.builds.absent import kept_away, overtaken
from tools.builds.modelctl import ModelctlError, modelctl
from tools.builds.stage import StageError


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
        there = open_environment(model, environment, profile=None)
        newer = _overtaken(there, parse_version(version))
        if newer is None:
            raise
        return (
            f"{version} is not on {environment}: {newer} is newer and has its place (release.candidates), so that {version} is not "
            "verified"
        )


def _overtaken(there: AwsEnvironment, version: Version) -> Version | None:
    """The newer version that has its place; None where it is on the endpoint, or nothing explains that it is not.

    Raises:
        StageError: it is kept away.
    """
    endpoint, record = there.endpoint.patient_traffic.describe(), there.registry.entry(version).record
    if endpoint is None or version in endpoint.variants or record is None or record.package_arn is None:
        return None
    journal, approval = there.endpoint.patient_store.read().journal, approvals_in(there).of(record)
    if why := kept_away(record, approval, journal, there.place.environment):
        raise StageError(why)
    return overtaken(version, endpoint)
