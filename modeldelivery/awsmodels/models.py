"""botocore's models of services, loaded when first asked for and kept."""

from functools import cache

import botocore.session
from botocore.model import OperationModel, ServiceModel, ShapeResolver, StructureShape

NOTHING = StructureShape("Nothing", {"type": "structure", "members": {}}, ShapeResolver({}))


@cache
def service_model(name: str) -> ServiceModel | None:
    """By botocore's name of the service; None when it has no such service."""
    session = botocore.session.get_session()
    return session.get_service_model(name) if name in session.get_available_services() else None


def operation(service: str, action: str) -> OperationModel | None:
    """The model of one call; None when the service has no such call."""
    model = service_model(service)
    if model is None or action not in model.operation_names:
        return None
    return model.operation_model(action)


def input_of(model: OperationModel) -> StructureShape:
    """What the call takes; without members when it takes nothing."""
    return model.input_shape or NOTHING
