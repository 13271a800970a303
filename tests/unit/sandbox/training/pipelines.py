"""Pipeline definitions, as the SDK renders them."""

import json

ROLE = "arn:aws:iam::111111111111:role/training"
IMAGE = f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/steps@sha256:{'0' * 64}"
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}


def get(path):
    return {"Get": path}


def join(*values, on="/"):
    return {"Std:Join": {"On": on, "Values": list(values)}}


def json_get(step, file, path):
    return {"Std:JsonGet": {"PropertyFile": get(f"Steps.{step}.PropertyFiles.{file}"), "Path": path}}


def source(name, uri, local=None):
    s3 = {"S3Uri": uri, "LocalPath": local or f"/opt/ml/processing/input/{name}", "S3DataType": "S3Prefix"}
    return {"InputName": name, "AppManaged": False, "S3Input": s3}


def target(name, uri):
    local = f"/opt/ml/processing/output/{name}"
    return {
        "OutputName": name,
        "AppManaged": False,
        "S3Output": {"S3Uri": uri, "LocalPath": local, "S3UploadMode": "EndOfJob"},
    }


def processing(
    name, *, inputs=(), outputs=(), arguments=("step",), image=IMAGE, role=ROLE, isolated=False, **step
):
    job = {
        "ProcessingResources": {"ClusterConfig": dict(CLUSTER)},
        "AppSpecification": {"ImageUri": image, "ContainerArguments": list(arguments)},
        "RoleArn": role,
        "NetworkConfig": {"EnableNetworkIsolation": isolated},
    }
    if inputs:
        job["ProcessingInputs"] = [source(*each) for each in inputs]
    if outputs:
        job["ProcessingOutputConfig"] = {"Outputs": [target(*each) for each in outputs]}
    return {"Name": name, "Type": "Processing", "Arguments": job, **step}


def training(
    name, *, channels=(), output="s3://bucket/models", parameters=None, image=IMAGE, role=ROLE, **step
):
    job = {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": output},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "ResourceConfig": dict(CLUSTER),
        "RoleArn": role,
        "HyperParameters": parameters or {},
    }
    if channels:
        job["InputDataConfig"] = [
            {"ChannelName": each, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}
            for each, uri in channels
        ]
    return {"Name": name, "Type": "Training", "Arguments": job, **step}


def condition(name, *conditions, then=(), otherwise=(), **step):
    arguments = {"Conditions": list(conditions), "IfSteps": list(then), "ElseSteps": list(otherwise)}
    return {"Name": name, "Type": "Condition", "Arguments": arguments, **step}


def at_least(left, right):
    return {"Type": "GreaterThanOrEqualTo", "LeftValue": left, "RightValue": right}


def fail(name, message, **step):
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **step}


def parameter(name, kind="String", **more):
    return {"Name": name, "Type": kind, **more}


def definition(*steps, parameters=()):
    return json.dumps(
        {"Version": "2020-12-01", "Metadata": {}, "Parameters": list(parameters), "Steps": list(steps)}
    )
