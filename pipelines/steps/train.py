"""Train: from training examples to the three files of a model.

Input (channel) `training`: examples. Output `model`: `model.onnx`, `schema.json`, `metrics.json`, which SageMaker packs
as `model.tar.gz`.
"""

import argparse

import msgspec

from pipelines import examples
from pipelines.export import ExportError
from pipelines.package import Origin, files
from pipelines.steps.contract import MODEL, GateError
from pipelines.steps.step import Call


def add_options(parser: argparse.ArgumentParser) -> None:
    """It has none."""
    del parser


def run(call: Call) -> None:
    """See the module.

    Raises:
        BadExamplesError: the examples are not what their record says.
        BadRecipeError: a parameter is not allowed.
        GateError: the exported model computes something else than the trained one.
    """
    settings = call.settings()
    frame, record = examples.read(call.job.input("training"), call.recipe.name)
    try:
        fitted = call.recipe.fit(frame, settings)
    except ExportError as error:
        raise GateError(f"the exported model computes something else: {error}") from error
    origin = Origin(
        model=call.recipe.name,
        data_revision=record.data_revision,
        parameters={**record.parameters, **msgspec.to_builtins(settings)},
        rows=record.rows,
        metrics=fitted.metrics,
    )
    with call.job.output(MODEL) as folder:
        for name, content in files(fitted.onnx, fitted.schema, origin).items():
            (folder / name).write_bytes(content)
