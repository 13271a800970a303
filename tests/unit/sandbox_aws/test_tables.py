"""The embedded plugin's tables say of each property what the installed pulumi-aws says: its name, its type, whether it must be given."""

import collections.abc
import importlib
import inspect
import re
import typing

import pulumi
import pytest
from pulumi import _types as annotations

from sandbox.pulumi_aws import functions
from sandbox.pulumi_aws.property import Property, block, text, texts
from sandbox.pulumi_aws.services import KINDS

# pulumi-aws warns of its own old names while it is imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SCALARS = {"text": str, "int": int, "number": float, "flag": bool}


def module_of(token):
    """`aws:s3/bucketVersioning:BucketVersioning` is in pulumi_aws.s3.bucket_versioning."""
    _, path, name = token.split(":")
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", path.replace("/", ".")).lower().replace("index.", "")
    package = importlib.import_module(f"pulumi_aws.{module.rpartition('.')[0]}".removesuffix("."))
    # Its packages are loaded when first asked for something. One whose file is imported before that stays empty for all who come later.
    getattr(package, name, None)
    return importlib.import_module(f"pulumi_aws.{module}"), name


def args_of(module, name):
    """`BucketArgs`, or `BucketVersioningInitArgs` where a nested type has the first name."""
    given = [getattr(module, f"{name}{suffix}", None) for suffix in ("InitArgs", "Args")]
    return next(kind for kind in given if kind and kind.__module__ == module.__name__)


def inputs_of(kind):
    """What an Args class takes: name → (type, required)."""
    names = annotations.input_type_py_to_pulumi_names(kind)
    types = annotations.input_type_types(kind)
    parameters = inspect.signature(kind.__init__).parameters
    return {
        pulumi_name: (types[pulumi_name], parameters[name].default is inspect.Parameter.empty)
        for name, pulumi_name in names.items()
    }


def parts(annotated):
    """A type and, of unions, those in it: `Input[T]` is T, or something that becomes T."""
    state = [annotated]
    for one in state:
        if typing.get_origin(one) in {typing.Union, collections.abc.Awaitable, pulumi.Output}:
            state += typing.get_args(one)
    return state


def element(annotated, origin):
    """What a list or a map holds; None when it is neither."""
    for one in parts(annotated):
        if typing.get_origin(one) is origin:
            return typing.get_args(one)[-1]
    return None


def args_class(annotated):
    return next((one for one in parts(annotated) if annotations.is_input_type(one)), None)


def differences(table, expected, path=""):
    """Where a table's inputs are not what pulumi-aws takes."""
    for name, spec in table.items():
        if spec.output:
            continue
        if name not in expected:
            yield f"{path}{name}: pulumi-aws has no such input"
            continue
        annotated, required = expected[name]
        if spec.required != required:
            yield f"{path}{name}: required is {required}"
        yield from type_differences(spec, annotated, f"{path}{name}")


def type_differences(spec: Property, annotated, path):
    if spec.type in SCALARS:
        if SCALARS[spec.type] not in parts(annotated):
            yield f"{path}: not {spec.type} but {annotated}"
    elif spec.type in {"texts", "map"}:
        inner = element(
            annotated, collections.abc.Sequence if spec.type == "texts" else collections.abc.Mapping
        )
        if inner is None or str not in parts(inner):
            yield f"{path}: not {spec.type} but {annotated}"
    else:
        inner = element(annotated, collections.abc.Sequence) if spec.type == "blocks" else annotated
        kind = args_class(inner)
        if kind is None:
            yield f"{path}: not {spec.type} but {annotated}"
        else:
            yield from differences(spec.inner, inputs_of(kind), f"{path}.")


@pytest.mark.parametrize("token", sorted(KINDS))
def test_a_types_inputs_are_pulumi_aws_inputs(token):
    module, name = module_of(token)
    assert list(differences(KINDS[token].properties, inputs_of(args_of(module, name)))) == []


@pytest.mark.parametrize("token", sorted(KINDS))
def test_what_only_a_service_sets_is_an_output_alone(token):
    module, name = module_of(token)
    inputs, outputs = inputs_of(args_of(module, name)), annotations.resource_types(getattr(module, name))
    for property_, spec in KINDS[token].properties.items():
        assert property_ in outputs
        assert spec.output == (property_ not in inputs), property_


@pytest.mark.parametrize("token", sorted(functions.FUNCTIONS))
def test_a_functions_arguments_are_pulumi_aws_arguments(token):
    module, name = module_of(token)
    function = getattr(module, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower())
    annotated = typing.get_type_hints(function)
    names = {
        re.sub(r"_(\w)", lambda match: match[1].upper(), parameter): (annotated[parameter], False)
        for parameter in inspect.signature(function).parameters
        if parameter != "opts"
    }
    assert list(differences(functions.FUNCTIONS[token][0], names)) == []


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ({"modelName": text()}, "modelName: pulumi-aws has no such input"),
        ({"executionRoleArn": text()}, "executionRoleArn: required is True"),
        ({"name": text(required=True)}, "name: required is False"),
        ({"enableNetworkIsolation": text()}, "enableNetworkIsolation: not text but <class 'bool'>"),
        (
            {"primaryContainer": block({"Image": text()})},
            "primaryContainer.Image: pulumi-aws has no such input",
        ),
        ({"vpcConfig": block({"subnets": texts()})}, "vpcConfig.subnets: required is True"),
    ],
)
def test_a_table_that_differs_is_noticed(table, wrong):
    module, name = module_of("aws:sagemaker/model:Model")
    assert list(differences(table, inputs_of(args_of(module, name)))) == [wrong]
