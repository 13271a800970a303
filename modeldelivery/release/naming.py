"""Every name that two rooms must agree on.

An operator with nothing but an account and an environment's name must find the journal, so what others name is stable.
Everything else is auto-named (docs/adr/0003-stable-names.md).
"""

import re
from typing import NewType

import msgspec

from modeldelivery.release.errors import InvalidError
from modeldelivery.release.version import Version, parse_version

Model = NewType("Model", str)
Environment = NewType("Environment", str)

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MAX_NAME = 12  # two names, "-registry-", the account and the longest region fit S3's 63 characters
_PIPELINE_FOLDER = 20  # characters of a pipeline's name that the keys of its artifacts begin with
MAX_FLEET = 10  # SageMaker's limit of variants on one endpoint
DATASETS = "datasets/"  # where data sets lie in the data bucket
VERSIONS_FOLDER = "versions"  # in the registry bucket: each version's record
ACCOUNT = re.compile(r"[0-9]{12}")
CAPTURE_FOLDER = "capture"  # in the registry bucket: what callers ask and what they are answered
DIGEST_ANNOTATION = "model-delivery/digest-set"  # of a Deployment's pods: the bits that they serve
JOURNAL_ANNOTATION = "model-delivery/journal"  # of a route: where the journal is that its traffic belongs to
# Of what Argo CD delivers: `APPLICATION:GROUP/KIND:NAMESPACE/NAME`.
TRACKING_ANNOTATION = "argocd.argoproj.io/tracking-id"
ROUTE_LABEL = "model-delivery/route"  # of what is behind a route: its name
VERSION_LABEL = "model-delivery/version"  # of what serves a version on a cluster
ROLE_ANNOTATION = "model-delivery/role-arn"  # of a service account: the role of AWS that its pods are to have
DRIFT_FOLDER = "drift"  # likewise: reports of windows of requests, by endpoint and version
QUALITY_FOLDER = "quality"  # likewise: reports of windows of labelled predictions
LABELS_FOLDER = "labels"  # likewise: what became of the cases that were predicted
BASELINE = (
    "baseline.json"  # evidence of a digest set: what its model learned on, as drift is judged against it
)
BILL = "bill.cdx.json"  # evidence of an image: what it installs
APPROVAL_TAG = "model-delivery:approval"  # of a model package group: who approves its versions


class BadNameError(InvalidError):
    """A name that S3 and SageMaker would not both take."""


def _name(kind: str, text: object) -> str:
    if isinstance(text, str) and _NAME.fullmatch(text) and len(text) <= _MAX_NAME:
        return text
    raise BadNameError(
        f"{text!r} is not {kind}: use lowercase letters, digits and single hyphens, a letter first, "
        f"{_MAX_NAME} characters at most"
    )


def parse_model(text: object) -> Model:
    """Read a model's name, for example `flights`; raises BadNameError."""
    return Model(_name("a model's name", text))


def parse_environment(text: object) -> Environment:
    """Read an environment's name, for example `prod`; raises BadNameError."""
    return Environment(_name("an environment's name", text))


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One environment of one model in one account and region, and the names that follow from these four."""

    model: Model
    environment: Environment
    account: str
    region: str

    @property
    def endpoint(self) -> str:
        return f"{self.model}-{self.environment}"

    @property
    def package_group(self) -> str:
        return self.endpoint

    @property
    def repository(self) -> str:
        return self.endpoint

    @property
    def pipeline(self) -> str:
        """SageMaker's pipeline that trains the model's versions here."""
        return self.endpoint

    @property
    def step_repository(self) -> str:
        """ECR's repository of the image that the pipeline's steps run in."""
        return f"{self.endpoint}-steps"

    @property
    def build_pipeline(self) -> str:
        """CodePipeline's pipeline that tests, builds and trains a pushed tag; its projects and their logs begin with it."""
        return self.endpoint

    @property
    def build_folder(self) -> str:
        """In the registry bucket, what the stages of a build leave for each other: CodePipeline names it so."""
        return self.build_pipeline[:_PIPELINE_FOLDER]

    @property
    def build_topic(self) -> str:
        """SNS' name of the topic that builds that failed are told to."""
        return f"{self.endpoint}-builds"

    @property
    def registry_bucket(self) -> str:
        return registry_bucket(self.endpoint, self.account, self.region)

    @property
    def log_bucket(self) -> str:
        return f"{self.endpoint}-logs-{self.account}-{self.region}"

    @property
    def data(self) -> str:
        """The model's training data, wherever it is trained."""
        return f"{self.model}-data"

    @property
    def data_bucket(self) -> str:
        return f"{self.data}-{self.account}-{self.region}"

    @property
    def alarm_topic(self) -> str:
        """SNS' name of the topic that the endpoint's alarms tell."""
        return f"{self.endpoint}-alarms"

    @property
    def journal_key(self) -> str:
        return journal_key(self.endpoint)

    @property
    def verdicts_key(self) -> str:
        """Key of the newest verdicts on each version, in the registry bucket."""
        return f"verdicts/{self.endpoint}.json"

    @property
    def acts_key(self) -> str:
        """Key of what was done about verdicts, in the registry bucket."""
        return f"acts/{self.endpoint}.json"


def registry_bucket(endpoint: str, account: str, region: str) -> str:
    """The bucket that holds an endpoint's versions and journal."""
    return f"{endpoint}-registry-{account}-{region}"


def journal_key(endpoint: str) -> str:
    """Key of an endpoint's journal in the registry bucket."""
    return f"journal/{endpoint}.json"


def record_key(version: Version) -> str:
    """Key of a version's record in the registry bucket."""
    return f"{VERSIONS_FOLDER}/{version}.json"


def artifact_key(model_digest: str) -> str:
    """Key of a model artifact, by its content (`sha256:<hex>`)."""
    return f"{artifact_folder(model_digest)}model.tar.gz"


def artifact_folder(digest: str) -> str:
    """The folder of a model artifact, or of what stands in its place, by its content."""
    return f"artifacts/{digest.replace(':', '/')}/"


def dataset_prefix(revision: str) -> str:
    """Where a data set lies in the data bucket, by its revision (`sha256:<hex>`)."""
    return f"{DATASETS}{revision.replace(':', '/')}/"


def samples_key(digest: str) -> str:
    """Key of a file of sample requests, by its content (`sha256:<hex>`)."""
    return f"artifacts/{digest.replace(':', '/')}/samples.json"


def evidence_key(digest_set: str, name: str) -> str:
    """Key of one document that tells of a digest set (`DigestSet.id`), for example its validation, or of an image alone."""
    return f"evidence/{digest_set.replace(':', '/')}/{name}"


def image_evidence(digest: str) -> str:
    """What stands for an image (`sha256:<hex>`) in the place of a digest set, where evidence is of the image alone."""
    return f"images/{digest}"


def variant_name(version: Version) -> str:
    """SageMaker's variant name for a version; dots are not allowed in one."""
    return version.replace(".", "-")


def member_name(route: str, version: Version) -> str:
    """Deployment and Service that this project makes for a version behind a route on Kubernetes, and what else is the version's."""
    return f"{route}-{variant_name(version)}"


def variant_version(variant: str) -> Version:
    """The version that a variant serves; raises BadVersionError for a variant that this project did not name."""
    return parse_version(variant.replace("-", "."))
