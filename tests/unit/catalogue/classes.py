"""pulumi_aws's own classes, as text: importing them costs seconds."""

import re
from importlib.util import find_spec
from pathlib import Path


def source(kind):
    """The file of a type's class."""
    _, module, _ = kind.split(":")
    service, name = module.split("/")
    (package,) = find_spec("pulumi_aws").submodule_search_locations
    folder = {"lambda": "lambda_"}.get(service, service)
    return (Path(package) / folder / f"{snake(name)}.py").read_text()


def has_property(kind, name):
    """Whether a type has a property, by its name in a resource's inputs."""
    return f"def {snake(name)}(" in source(kind)


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
