"""AWS's defaults of members that the sandbox does not act on, where they are not false, 0 or empty.

Each is what the service's API reference says, as botocore's models repeat it, unless another source is named.
"""

from collections.abc import Mapping
from typing import Any

# By botocore's name of the service, then `Structure.Member`.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "sagemaker": {
        # "Platform - The model image is hosted in Amazon ECR": what is meant without it.
        "ImageConfig.RepositoryAccessMode": "Platform",
        "InferenceExecutionConfig.Mode": "Serial",
        "MultiModelConfig.ModelCacheSetting": "Enabled",
        # "Least outstanding requests" is to be asked for: "SageMaker by default uses a random routing strategy"
        # (the guide's page on routing strategies).
        "ProductionVariantRoutingConfig.RoutingStrategy": "RANDOM",
        # "The default value for new endpoint configurations is True."
        "MetricsConfig.EnableDetailedObservability": True,
        # "Defaults to 60."
        "MetricsConfig.MetricPublishFrequencyInSeconds": 60,
        # "SageMaker uses a blue/green deployment strategy with all at once traffic shifting by default."
        "TrafficRoutingConfig.Type": "ALL_AT_ONCE",
        # "The default is SameAccount."
        "ListModelPackageGroupsInput.CrossAccountFilterOption": "SameAccount",
        # "AllData … This is the default."
        "DescribeModelPackageInput.IncludedData": "AllData",
        "CreateModelPackageInput.SkipModelValidation": "None",
    },
}
