"""CreateModel, DescribeModel, DeleteModel, ListModels."""

from typing import Any

from sandbox.clock import now
from sandbox.hosting.container import read_model
from sandbox.hosting.execution_role import ExecutionRole, Reader
from sandbox.hosting.held import ImageError
from sandbox.hosting.image import Images
from sandbox.missing import MissingError
from sandbox.refusal import RefusedError
from sandbox.sagemaker.container_environment import check_environment
from sandbox.sagemaker.listing import page
from sandbox.sagemaker.requests import CreateModel, Listing, ModelName, shown
from sandbox.sagemaker.store import Account, Model, absent, existing
from sandbox.sagemaker.tags import checked


def create_model(account: Account, request: CreateModel, reader: Reader, images: Images) -> dict[str, Any]:
    """Refuses an image that is not in ECR by digest or not in Docker's format, and model data that cannot be read."""
    arn = account.arn("model", request.model_name)
    if request.model_name in account.models:
        raise existing("model", arn)
    container = request.primary_container
    check_environment(container.environment)
    try:
        role = ExecutionRole(request.execution_role_arn, account.id, account.region)
        images.find(role, container.image)
        if container.model_data_url:
            read_model(reader, role, container.model_data_url)
    except MissingError as error:
        raise RefusedError(f"Could not create model {request.model_name}: {error}") from None
    except ImageError as error:
        raise RefusedError(str(error)) from None
    account.tags[arn] = checked(request.tags)
    account.models[request.model_name] = Model(arn, now(), request)
    return {"ModelArn": arn}


def describe_model(account: Account, request: ModelName) -> dict[str, Any]:
    model = find_model(account, request.model_name, describing=True)
    return {**shown(model.request), "ModelArn": model.arn, "CreationTime": model.created}


def delete_model(account: Account, request: ModelName) -> dict[str, Any]:
    """SageMaker lets go of a model even while endpoints serve it."""
    model = find_model(account, request.model_name)
    del account.models[request.model_name]
    account.tags.pop(model.arn, None)
    return {}


def list_models(account: Account, request: Listing) -> dict[str, Any]:
    return page(
        "Models",
        account.models.values(),
        request,
        name=lambda model: model.request.model_name,
        show=lambda model: {
            "ModelName": model.request.model_name,
            "ModelArn": model.arn,
            "CreationTime": model.created,
        },
    )


def find_model(account: Account, name: str, *, describing: bool = False) -> Model:
    """Raises RefusedError with SageMaker's words, also while it is too new to be found."""
    arn = account.arn("model", name)
    if name not in account.models or not account.sees(arn, describing=describing):
        raise absent("model", arn)
    return account.models[name]
