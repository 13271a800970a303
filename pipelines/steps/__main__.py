"""The program in the image of the steps.

python -m pipelines.steps featurize --model flights -- --until 2013-03
python -m pipelines.steps train                      (parameters and model from hyperparameters.json)

Exit status: 0 done, 1 an input or parameter is not what it should be, 2 usage, 3 stopped at a gate, 70 a bug. With
`--verdict` a step that is stopped at its gate ends with 0: SageMaker keeps outputs of those alone, and the report is one.
"""

import argparse
import gc
import json
import os
import sys
import traceback
from collections.abc import Mapping

from pipelines.dataset import BadDataError
from pipelines.examples import BadExamplesError
from pipelines.package import BadArchiveError
from pipelines.recipe import BadRecipeError, find
from pipelines.steps.contract import (
    BASE,
    DIRECTORIES,
    Exit,
    GateError,
    InputError,
    Job,
    Kind,
    RegistrationError,
    Verdict,
    job,
)
from pipelines.steps.step import STEPS, Call, pairs, split
from pipelines.steps.user import chosen, give_up_root

_MODEL = "model"
_FIT = "fit"  # the recipe's parameters as one JSON object, where a pipeline gives them so


def main(arguments: list[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run one step; the exit status."""
    own, given = split(sys.argv[1:] if arguments is None else arguments)
    options = _read(own)
    step = STEPS[options.step]
    under_way = job(step.kind, environ)
    try:
        under_way.begin()
        step.module().run(_call(under_way, options, given))
        if options.verdict:
            under_way.judge(Verdict(outcome="passed", sentence=""))
    except GateError as stopped:
        if options.verdict:
            under_way.judge(Verdict(outcome="stopped", sentence=str(stopped)))
        return _ended(
            under_way, f"{options.step} stopped: {stopped}", Exit.DONE if options.verdict else Exit.GATE
        )
    except (
        RegistrationError,
        InputError,
        BadArchiveError,
        BadDataError,
        BadExamplesError,
        BadRecipeError,
    ) as refused:
        return _ended(under_way, f"{options.step}: {refused}", Exit.REFUSED)
    except Exception as error:  # noqa: BLE001 (whatever it is, SageMaker's console shows this text and no other)
        traceback.print_exc()
        return _ended(under_way, f"{options.step}: a bug: {type(error).__name__}: {error}", Exit.BUG)
    return Exit.DONE


def _ended(under_way: Job, sentence: str, status: Exit) -> Exit:
    print(sentence, file=sys.stderr)
    under_way.tell(sentence)
    return status


def _read(own: list[str]) -> argparse.Namespace:
    """The options; what the step imports is loaded with them.

    Without the collector: nothing of it becomes garbage, and to look for some is a sixth of a step's start.
    """
    gc.disable()
    try:
        return _parser(own).parse_args(own)
    finally:
        gc.freeze()
        gc.enable()


def _parser(own: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.steps",
        description="One step between data and a model worth registering.",
        epilog=f"Directories are SageMaker's, under {DIRECTORIES}, or under {BASE} where that is set.",
    )
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, step in STEPS.items():
        one = steps.add_parser(name, help=step.help, description=step.help)
        if step.kind is Kind.PROCESSING:
            one.add_argument("--model", required=True, metavar="NAME", help="whose recipe is followed")
        if step.judges:
            one.add_argument(
                "--verdict",
                action="store_true",
                help="leave the verdict as a file, and end with 0 whatever it is",
            )
        else:
            one.set_defaults(verdict=False)
        if name == next(iter(own), None):
            step.module().add_options(one)
    return parser


def _call(under_way: Job, options: argparse.Namespace, given: list[str]) -> Call:
    if under_way.kind is Kind.TRAINING:
        if given:
            raise InputError(f"{' '.join(given)}: a training step's parameters are in hyperparameters.json")
        where = str(under_way.place_of_hyperparameters())
        values = under_way.hyperparameters()
        if _MODEL not in values:
            raise InputError(f"{where}: {_MODEL} is missing; it names whose recipe is followed")
        model = find(values.pop(_MODEL))
        return Call(under_way, model, options, {**_fit(values.pop(_FIT, "{}"), where), **values}, where)
    return Call(under_way, find(options.model), options, pairs(given), "arguments after --")


def _fit(text: str, where: str) -> dict[str, str]:
    """The recipe's parameters of one JSON object, as texts."""
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or any(isinstance(each, dict | list | None) for each in values.values()):
        raise InputError(
            f'{where}: {_FIT} is {text!r}; it is one flat JSON object, such as {{"seed": 0, "trees": 150}}'
        )
    return {name: each if isinstance(each, str) else json.dumps(each) for name, each in values.items()}


if __name__ == "__main__":
    if (step_user := chosen(os.environ, os.getuid())) is not None:
        give_up_root(step_user, DIRECTORIES)
    sys.exit(main())
