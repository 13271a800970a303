"""What a killed engine was about to create: it may be there, and the engine knows no id of it, so it would create it once more.

`pulumi refresh` reads by id alone, and drops what there is not. So whatever is called by its name is put into the state under it; the
refresh then tells which of it was made. (Of Pulumi 3.259, --import-pending-creates beside --clear-pending-creates took nothing over.)
"""

from collections.abc import Mapping
from typing import Any

# Types whose id is a name, with the property that holds it. Of the others AWS takes the same creation again, or names another one.
_NAMES = {
    "aws:cloudwatch/logGroup:LogGroup": "name",
    "aws:codebuild/project:Project": "name",
    "aws:codepipeline/pipeline:Pipeline": "name",
    "aws:ecr/repository:Repository": "name",
    "aws:iam/role:Role": "name",
    "aws:kms/alias:Alias": "name",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:sagemaker/model:Model": "name",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": "modelPackageGroupName",
    "aws:sagemaker/pipeline:Pipeline": "pipelineName",
}


def closed(stack: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state without open operations, each name that was about to be taken among its resources; None where nothing is open.

    Args:
        stack: as `pulumi stack export` prints it.
    """
    deployment = dict(stack.get("deployment") or {})
    operations = deployment.pop("pending_operations", None) or ()
    if not operations:
        return None
    resources = list(deployment.get("resources") or ())
    there = {each["urn"] for each in resources}
    for each in operations:
        resource = each["resource"]
        name = resource.get("inputs", {}).get(_NAMES.get(resource["type"], ""))
        if each["type"] == "creating" and name and resource["urn"] not in there:
            resources.append({**resource, "id": name, "outputs": {}})
    return {**stack, "deployment": {**deployment, "resources": resources}}
