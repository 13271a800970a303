"""Featurize: from a data set to examples for training and for evaluation.

Input `data`: a data set. Outputs `training` and `evaluation`: examples.
"""

import argparse

import msgspec

from pipelines import dataset, examples
from pipelines.steps.step import Call


def add_options(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(call: Call) -> None:
    """See the module.

    Raises:
        BadDataError: the data set is not what its manifest says.
        BadExamplesError: the recipe made none of it.
        BadRecipeError: a parameter is not allowed.
    """
    window = call.window()
    data = dataset.read(call.job.input("data"), call.recipe.tables)
    made = call.recipe.featurize(data.tables, window)
    for name, frame in (("training", made.training), ("evaluation", made.evaluation)):
        with call.job.output(name) as folder:
            examples.write(
                folder,
                frame,
                model=call.recipe.name,
                data_revision=data.revision,
                parameters=msgspec.to_builtins(window),
            )
