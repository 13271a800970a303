"""Have the version of a commit verified as it serves now, at weight 0 where it is a candidate; nothing is moved, and nothing rejected."""

from collections.abc import Mapping

from modeldelivery.release.aws.approvals import approvals_in
from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.errors import Exit
from modeldelivery.release.operations.verify_load import has_traffic
from modeldelivery.release.version import Version
from tools.builds.absent import kept_away, overtaken
from tools.builds.modelctl import ModelctlError, Told, modelctl
from tools.builds.stage import StageError
from tools.builds.subject import Subject


def verify(of: Subject, environ: Mapping[str, str]) -> Told:
    """Verify it; what came of it. A version that a person made live meanwhile is not loaded, which is a note.

    Raises:
        StageError: it is not on the endpoint, or it does not do what it is to do.
        DeliveryError: AWS refused a call, or does not answer.
    """
    command = ("verify", "--env", of.environment, "--model", of.model, "--version", of.version)
    load = ["--load"] if environ.get("LOAD") == "yes" else []
    try:
        return modelctl(*command, *load)
    except ModelctlError as error:
        if error.status != Exit.REFUSED:
            raise
        there = open_environment(of.model, of.environment, profile=None)
        if load and _serves(there, of.version):
            told = modelctl(*command)
            unmeasured = (
                f"{of.version} has traffic by now, so that what one instance of it serves is not measured"
            )
            return Told(told.summary, warnings=(*told.warnings, unmeasured))
        newer = _overtaken(there, of.version)
        if newer is None:
            raise
        why = (
            f"{of.version} is not on {of.environment}: {newer} is newer and has its place (release.candidates), so that {of.version} "
            "is not verified"
        )
        return Told(why, warnings=(why,))


def _serves(there: AwsEnvironment, version: Version) -> bool:
    endpoint = there.endpoint.patient_traffic.describe()
    journal = there.endpoint.patient_store.read().journal
    return endpoint is not None and has_traffic(version, endpoint, journal)


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
