"""What a training needs, in memory: a pipeline whose executions go as a test says, and what they read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from modeldelivery.release.core.training import Execution, Inputs, Step
from modeldelivery.release.training_ports import Listed, Pipeline

REVISION, IMAGE, STEPS = (f"sha256:{digit * 64}" for digit in "123")
UNDER_WAY = (Execution(arn="", status="Executing", steps=(Step(name="Validate", status="Executing"),)),)
DEPLOYED = Pipeline(
    parameters=frozenset(
        (
            "Version",
            "Commit",
            "Data",
            "DataRevision",
            "Champion",
            "Image",
            "StepImage",
            "First",
            "Until",
            "Fit",
            "Skip",
            "Evaluation",
            "Register",
        )
    ),
    digest="d",
)
SUCCEEDED = Execution(arn="", status="Succeeded", steps=(Step(name="Validate", status="Succeeded"),))


def failed(*, gate: bool = False, reason: str = "the disk is full") -> Execution:
    """An execution that failed at its one step."""
    step = Step(name="Train", status="Failed", reason=reason, gate=gate)
    return Execution(arn="", status="Failed", steps=(step,))


@dataclass
class Run:
    """One execution: what it was given, and what each next look at it shows; the last look again and again."""

    inputs: Inputs
    name: str
    looks: list[Execution]

    def shown(self) -> Execution:
        return self.looks[0]


@dataclass
class FakeExecutions:
    """Executions by ARN.

    Attributes:
        looks: of the execution that is started, or retried, next.
        retries: ARNs and tokens.
        on_end: called once with the inputs of an execution whose success was shown.
        on_look: called before each look; it may raise.
    """

    deployed: Pipeline | None = DEPLOYED
    looks: list[list[Execution]] = field(default_factory=lambda: [[SUCCEEDED]])
    runs: dict[str, Run] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    retries: list[tuple[str, str]] = field(default_factory=list)
    on_end: Callable[[Inputs, str], object] = lambda *_: None
    on_look: Callable[[], object] = lambda: None

    def pipeline(self) -> Pipeline | None:
        return self.deployed

    def listed(self) -> Sequence[Listed]:
        return [
            Listed(arn=arn, name=run.name, status=run.shown().status)
            for arn, run in reversed(self.runs.items())
        ]

    def start(self, inputs: Inputs, token: str, name: str) -> str:
        if token not in self.tokens:
            self.tokens[token] = arn = f"arn:execution/{len(self.runs)}"
            self.runs[arn] = Run(inputs, name, [*UNDER_WAY, *self.looks.pop(0)])
        return self.tokens[token]

    def look(self, arn: str) -> Execution:
        self.on_look()
        run = self.runs[arn]
        shown = run.looks[0]
        if len(run.looks) > 1:
            run.looks.pop(0)
        if shown.status == "Succeeded":
            self.on_end(run.inputs, arn)
        return Execution(arn=arn, status=shown.status, steps=shown.steps)

    def retry(self, arn: str, token: str) -> None:
        self.retries.append((arn, token))
        self.runs[arn].looks = [*UNDER_WAY, *self.looks.pop(0)]


@dataclass
class FakeSources:
    """One data set and one image of each kind."""

    data: list[str] = field(default_factory=lambda: [REVISION])
    images: dict[bool, list[str]] = field(
        default_factory=lambda: {False: [f"server@{IMAGE}"], True: [f"steps@{STEPS}"]}
    )
    none_stored: bool = False

    def newest_data(self) -> str | None:
        return next(iter(self.data), None)

    def data_uri(self, revision: str) -> str | None:
        return f"s3://data/{revision}/" if revision in self.data else None

    def newest_image(self, *, steps: bool) -> str | None:
        return next(iter(self.images[steps]), None)

    def has_image(self, uri: str, *, steps: bool) -> bool:
        return uri in self.images[steps]

    def champion_uri(self, digest: str | None) -> str:
        return f"s3://registry/{digest or 'none'}/"

    def store_no_champion(self) -> None:
        self.none_stored = True


@dataclass
class FakeHoldings:
    """Objects by URI, packages with their approval, and jobs with their image."""

    objects: set[str] = field(default_factory=set)
    packages: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    refuses: Exception | None = None

    def has(self, uri: str) -> bool:
        if self.refuses:
            raise self.refuses
        return uri in self.objects

    def approval(self, arn: str) -> str | None:
        if self.refuses:
            raise self.refuses
        return self.packages.get(arn)

    def job_image(self, arn: str) -> str | None:
        if self.refuses:
            raise self.refuses
        return self.jobs.get(arn)
