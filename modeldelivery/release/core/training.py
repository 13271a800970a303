"""A training by the environment's pipeline: what it is given, what has become of it, and what that means."""

import hashlib
import json
from collections.abc import Mapping
from enum import Enum

import msgspec

from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version

FIRST_DIGITS = 12  # of an execution's token, which its display name ends with
PROPOSAL = "proposal"  # what the display name of one that registers nothing begins with


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an execution is given, whole and by content; `parameters` has it under the pipeline's names.

    Attributes:
        version: the name that the model is registered under.
        commit: 40 hex digits.
        data: `s3://` URI of the data set, by content.
        data_revision: its revision, `sha256:<hex>`.
        champion: `s3://` URI of the folder with the champion's archive, or with the file that says that there is none.
        image, step_image: of the model server and of the steps, by digest.
        first, until: months, `2013-01`.
        fit: the recipe's parameters as a JSON object.
        skip: gates that a person skips, as a JSON object; "" for none.
        evaluation: the engine that measures and its options, as a JSON object; "" for the steps' own.
        register: whether a model that passes is registered; else it is a proposal.
    """

    version: Version
    commit: str
    data: str
    data_revision: str
    champion: str
    image: str
    step_image: str
    first: str
    until: str
    fit: str
    skip: str = ""
    evaluation: str = ""
    register: bool = True

    @property
    def parameters(self) -> dict[str, str]:
        return {
            "Version": self.version,
            "Commit": self.commit,
            "Data": self.data,
            "DataRevision": self.data_revision,
            "Champion": self.champion,
            "Image": self.image,
            "StepImage": self.step_image,
            "First": self.first,
            "Until": self.until,
            "Fit": self.fit,
            "Skip": self.skip,
            "Evaluation": self.evaluation,
            "Register": "yes" if self.register else "no",
        }

    def token(self, definition: str) -> str:
        """The same for the same inputs of the same definition (its sha256, hex): so an execution is started once, and then resumed."""
        text = json.dumps([definition, self.parameters], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def display_name(inputs: Inputs, token: str) -> str:
    """Of an execution: by it the executions of a version are found; a proposal is none of them, and keeps none waiting."""
    return f"{variant_name(inputs.version) if inputs.register else PROPOSAL}-{token[:FIRST_DIGITS]}"


def trains(name: str, version: Version) -> bool:
    """Whether an execution with this display name trains the version."""
    return name[: -FIRST_DIGITS - 1] == variant_name(version)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an execution, once it was started.

    Attributes:
        status: in SageMaker's word: Starting, Executing, Succeeded, Failed, Stopping, Stopped.
        reason: why it failed, in the step's own words where it has some.
        cached: an earlier execution's result stands for it.
        gate: it failed because what was judged did not pass; `reason` is the gate's sentence.
        job: ARN of its job; "" where it has none.
        started, ended: seconds since the epoch.
    """

    name: str
    status: str
    reason: str = ""
    cached: bool = False
    gate: bool = False
    job: str = ""
    started: float = 0.0
    ended: float | None = None


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of an execution.

    Attributes:
        arn: of the execution.
        status: in SageMaker's word: Executing, Stopping, Stopped, Failed, Succeeded.
        steps: those that were started, the first first.
    """

    arn: str
    status: str
    steps: tuple[Step, ...] = ()


class Ending(Enum):
    """How an execution ended."""

    SUCCEEDED = "succeeded"
    GATE = "gate"  # what was judged did not pass: the same again would not either
    FAILED = "failed"  # anything else: it can be tried again from where it failed
    STOPPED = "stopped"


def ending(execution: Execution) -> Ending | None:
    """How it ended; None while it goes on."""
    match execution.status:
        case "Succeeded":
            return Ending.SUCCEEDED
        case "Stopped":
            return Ending.STOPPED
        case "Failed":
            failed = failure(execution)
            return Ending.GATE if failed and failed.gate else Ending.FAILED
    return None


def failure(execution: Execution) -> Step | None:
    """The step that an execution failed by: a gate's before any other."""
    failed = [step for step in execution.steps if step.status == "Failed"]
    return next((step for step in failed if step.gate), next(iter(failed), None))


def sentence(execution: Execution) -> str:
    """Why it failed, as the step says it."""
    failed = failure(execution)
    if failed is None:
        return "SageMaker names no step that failed"
    return failed.reason if failed.gate else f"{failed.name}: {failed.reason or 'no reason is given'}"


def skips(gates: tuple[str, ...], by: str, because: str) -> str:
    """Gates that a person skips, as the pipeline takes them; "" for none."""
    if not gates:
        return ""
    return json.dumps({"because": because, "by": by, "gates": sorted(gates)}, ensure_ascii=False)


def evaluation_text(parameters: Mapping[str, object]) -> str:
    """The engine of the evaluation as the pipeline takes it; "" for the one that the steps have themselves."""
    return "" if parameters in ({}, {"engine": "slices"}) else fit_text(parameters)


def fit_text(parameters: Mapping[str, object]) -> str:
    """A recipe's parameters as the pipeline takes them: one JSON object, in one order."""
    return json.dumps(dict(parameters), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
