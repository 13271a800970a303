"""botocore's models of services, loaded when first asked for and kept."""

from functools import cache

import botocore.session
from botocore.model import OperationModel, ServiceModel, ShapeResolver, StructureShape

NOTHING = StructureShape("Nothing", {"type": "structure", "members": {}}, ShapeResolver({}))


@cache
def service_model(name: str) -> ServiceModel | None:
    """By botocore's name of the service; None when it has no such service."""
    session = _session()
    return session.get_service_model(name) if name in session.get_available_services() else None


@cache
def _session() -> botocore.session.Session:
    """One for all services: each looks through the folders of all of them once, which takes as long as reading a model."""
    return botocore.session.get_session()


def operation(service: str, action: str) -> OperationModel | None:
    """The model of one call; None when the service has no such call."""
    model = service_model(service)
    if model is None or action not in model.operation_names:
        return None
    return model.operation_model(action)


def input_of(model: OperationModel) -> StructureShape:
    """What the call takes; without members when it takes nothing."""
    return model.input_shape or NOTHING
