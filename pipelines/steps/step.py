"""The steps, and what each is called with. A step is a module of this folder with `add_options` and `run`."""

import argparse
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines import recipe
from pipelines.recipe import Recipe
from pipelines.steps.contract import InputError, Job, Kind


@dataclass(frozen=True)
class Call:
    """What a step is run with.

    Attributes:
        job: its directories.
        recipe: of the model.
        options: the step's own, as parsed.
        parameters: of the recipe's, as texts.
        where: the parameters stand, for sentences.
    """

    job: Job
    recipe: Recipe
    options: argparse.Namespace
    parameters: dict[str, str]
    where: str

    def window(self) -> Any:
        """The parameters of featurize; raises BadRecipeError."""
        return recipe.parameters(self.recipe.window, self.parameters, self.where)

    def settings(self) -> Any:
        """The parameters of fit; raises BadRecipeError."""
        return recipe.parameters(self.recipe.settings, self.parameters, self.where)


class Module(Protocol):
    """What a step's module has."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of the step's own."""

    def run(self, call: Call) -> None:
        """Read inputs, write outputs.

        Raises:
            GateError: what was judged did not pass.
            InputError: an input is not what it should be.
        """


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: also of its module.
        kind: of SageMaker's jobs.
        help: one line.
        judges: whether it can stop at a gate, and so has a verdict.
    """

    name: str
    kind: Kind
    help: str
    judges: bool = False

    def module(self) -> Module:
        """Its module, whose libraries take seconds to import, and which is therefore imported when it runs."""
        module: Any = importlib.import_module(f"pipelines.steps.{self.name}")
        return module  # type: ignore[no-any-return]


STEPS = {
    step.name: step
    for step in (
        Step("validate", Kind.PROCESSING, "hold a data set to the model's suites", judges=True),
        Step("featurize", Kind.PROCESSING, "make examples of a data set"),
        Step("train", Kind.TRAINING, "fit a model to the training examples"),
        Step("evaluate", Kind.PROCESSING, "judge the model on examples that it has not seen", judges=True),
        Step("register", Kind.PROCESSING, "give the model a version's name, with `modelctl register`"),
    )
}


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is before and after the first `--`: options of the step, parameters of the recipe."""
    at = list(arguments).index("--") if "--" in arguments else len(arguments)
    return list(arguments[:at]), list(arguments[at + 1 :])


def pairs(given: Sequence[str]) -> dict[str, str]:
    """`--name value …` as parameters.

    Raises:
        InputError: it is not that.
    """
    values: dict[str, str] = {}
    for name, value in zip(given[::2], [*given[1::2], None], strict=False):
        if not name.startswith("--") or value is None:
            raise InputError(f"{' '.join(given)}: write each parameter as --name value")
        if name[2:] in values:
            raise InputError(f"{' '.join(given)}: {name} is there twice")
        values[name[2:]] = value
    return values
