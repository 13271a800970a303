"""SageMaker's directories of a job: what lies in them before its program runs, and what is taken from them after.

`/opt/ml` is a folder of the sandbox's, named to the program by SAGEMAKER_BASE_DIR.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html,
build-your-own-processing-container.html
"""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from sandbox.refusal import RefusedError
from sandbox.training import objects
from sandbox.training.job import Job
from sandbox.training.requests import CreateProcessingJob, CreateTrainingJob

BASE = "SAGEMAKER_BASE_DIR"
_ROOT = PurePosixPath("/opt/ml")
_HOST = "algo-1"
_MOST = 1024  # characters of what a job tells of its end


def check(request: CreateProcessingJob) -> None:
    """Refuse a LocalPath that is not under /opt/ml: the program has no other folder there. Raises RefusedError."""
    outputs = request.processing_output_config.outputs if request.processing_output_config else []
    paths = [one.s3_input.local_path for one in request.processing_inputs]
    for text in [*paths, *(one.s3_output.local_path for one in outputs)]:
        path = PurePosixPath(text)
        if not path.is_relative_to(_ROOT) or ".." in path.parts:
            raise RefusedError(
                f"the sandbox gives a job files under {_ROOT} alone; LocalPath {text} is not there"
            )


def fill(base: Path, job: Job, s3: Any) -> None:
    """Inputs and configuration; raises ObjectsError, ClientError."""
    if isinstance(job.request, CreateProcessingJob):
        _fill_processing(base, job, job.request, s3)
    else:
        _fill_training(base, job.request, s3)


def collect(base: Path, job: Job, s3: Any) -> None:
    """Outputs of a program that ended well; raises ObjectsError, ClientError."""
    request = job.request
    if isinstance(request, CreateProcessingJob):
        if config := request.processing_output_config:
            for one in config.outputs:
                output = one.s3_output
                objects.upload(s3, _here(base, output.local_path), output.s3_uri, config.kms_key_id)
        return
    objects.pack(base / "model", base / "model.tar.gz")
    objects.put(s3, base / "model.tar.gz", job.artifacts, request.output_data_config.kms_key_id)


def told(base: Path, job: Job) -> str:
    """What the program wrote of its end; "" for nothing."""
    path = base / "output" / ("message" if job.kind == "Processing" else "failure")
    try:
        return path.read_text(errors="replace")[:_MOST]
    except OSError:
        return ""


def _fill_processing(base: Path, job: Job, request: CreateProcessingJob, s3: Any) -> None:
    for one in request.processing_inputs:
        objects.download(s3, one.s3_input.s3_uri, _made(_here(base, one.s3_input.local_path)))
    for output in request.processing_output_config.outputs if request.processing_output_config else []:
        _made(_here(base, output.s3_output.local_path))
    _made(base / "output")
    _write(base / "config" / "processingjobconfig.json", job.show())
    _write(base / "config" / "resourceconfig.json", {"current_host": _HOST, "hosts": [_HOST]})


def _fill_training(base: Path, request: CreateTrainingJob, s3: Any) -> None:
    config = base / "input" / "config"
    for one in request.input_data_config:
        objects.download(
            s3, one.data_source.s3_data_source.s3_uri, _made(base / "input" / "data" / one.channel_name)
        )
    for name in ("model", "output", "output/data"):
        _made(base / name)
    _write(config / "hyperparameters.json", request.hyper_parameters)
    channels = {
        one.channel_name: {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        for one in request.input_data_config
    }
    _write(config / "inputdataconfig.json", channels)
    _write(config / "resourceconfig.json", {"current_host": _HOST, "hosts": [_HOST]})


def _here(base: Path, path: str) -> Path:
    """Where a path under /opt/ml is on this machine."""
    return base / PurePosixPath(path).relative_to(_ROOT)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
