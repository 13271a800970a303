"""The author of `definition.json`, the pipeline that trains a model: SageMaker's SDK, in an environment of its own.

    make definition        writes pipelines/definition.json
    python -m pipelines.definition --out FILE

Nothing here calls AWS. What only a stack knows stands in the definition as a sentinel of `sentinels.py`;
`components/definition.py` puts the stack's values there. What only an execution knows is a parameter (docs/training.md).
"""

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

# Before the SDK is imported, which reads them: it shall look for no credentials, no instance's metadata, and tell nobody.
os.environ.update(
    AWS_ACCESS_KEY_ID="none",
    AWS_SECRET_ACCESS_KEY="none",  # noqa: S106 - there is none
    AWS_DEFAULT_REGION="eu-west-1",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    SAGEMAKER_VALIDATE_ROLE="false",
)
for name in ("AWS_PROFILE", "SAGEMAKER_ADMIN_CONFIG_OVERRIDE", "SAGEMAKER_USER_CONFIG_OVERRIDE"):
    os.environ.pop(name, None)

from sagemaker.core.network import NetworkConfig
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    StoppingCondition,
    Tag,
)
from sagemaker.core.workflow.conditions import ConditionEquals
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.train.configs import Compute, InputData, Networking
from sagemaker.train.model_trainer import ModelTrainer

from pipelines import sentinels
from pipelines.definition_file import DEFINITION, SOURCES, sources

VERSION = ParameterString("Version")
COMMIT = ParameterString("Commit")
DATA = ParameterString("Data")
DATA_REVISION = ParameterString("DataRevision")
CHAMPION = ParameterString("Champion")
IMAGE = ParameterString("Image")
STEP_IMAGE = ParameterString("StepImage")
FIRST = ParameterString("First")
UNTIL = ParameterString("Until")
FIT = ParameterString("Fit", default_value="{}")
SKIP = ParameterString("Skip", default_value="")
EVALUATION = ParameterString("Evaluation", default_value="")
REGISTER = ParameterString("Register", default_value="yes")
PARAMETERS = (
    VERSION,
    COMMIT,
    DATA,
    DATA_REVISION,
    CHAMPION,
    IMAGE,
    STEP_IMAGE,
    FIRST,
    UNTIL,
    FIT,
    SKIP,
    EVALUATION,
    REGISTER,
)

_HOUR = 3_600
_VOLUME = 30  # GB
_OPT = "/opt/ml/processing"
_PASSED = "passed"
_YES = "yes"
_CACHE = CacheConfig(enable_caching=True, expire_after="P30D")
# What may go well the next time. An error of the program's own is none of these, and is never tried again.
_RETRIES = [
    StepRetryPolicy(
        exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
        interval_seconds=5,
        backoff_rate=2.0,
        max_attempts=5,
    ),
    SageMakerJobStepRetryPolicy(
        exception_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT],
        failure_reason_types=[
            SageMakerJobExceptionTypeEnum.INTERNAL_ERROR,
            SageMakerJobExceptionTypeEnum.CAPACITY_ERROR,
        ],
        interval_seconds=60,
        backoff_rate=2.0,
        max_attempts=5,
    ),
]


def render() -> bytes:
    """The definition as text, the same wherever it is rendered."""
    logging.disable(logging.WARNING)  # that it leaves out the jobs' names, which SageMaker gives
    document = json.loads(
        _pipeline(PipelineSession(default_bucket="none", sagemaker_config=_TELLS_NOBODY)).definition()
    )
    document.pop("MlflowConfig", None)  # the SDK writes null, which AWS' schema does not know
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


_TELLS_NOBODY = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


def _pipeline(session: PipelineSession) -> Pipeline:
    made = _Steps(session)
    validate, validated = made.gate(
        "Validate",
        [*_step("validate"), "--verdict", "--first", FIRST, "--", "--until", UNTIL],
        inputs={"data": DATA},
        output="validation",
    )
    featurize = made.processing(
        "Featurize",
        [*_step("featurize"), "--", "--until", UNTIL],
        inputs={"data": DATA},
        outputs=("training", "evaluation"),
    )
    train = made.training(
        "Train",
        channel=_output(featurize, "training"),
        hyperparameters={"model": sentinels.MODEL, "fit": FIT},
    )
    model = train.properties.ModelArtifacts.S3ModelArtifacts
    evaluate, evaluated = made.gate(
        "Evaluate",
        [*_step("evaluate"), "--verdict", "--skips", SKIP, "--evaluation", EVALUATION],
        inputs={
            "evaluation": _output(featurize, "evaluation"),
            "training": _output(featurize, "training"),
            "model": model,
            "champion": CHAMPION,
        },
        output="evaluation",
    )
    register = made.register(
        inputs={
            "model": model,
            "validation": _output(validate, "validation"),
            "evaluation": _output(evaluate, "evaluation"),
        }
    )
    # A proposal ends here, and well: its model passed, and nobody shall have it yet.
    registers = ConditionStep(
        name="Registers",
        conditions=[ConditionEquals(left=REGISTER, right=_YES)],
        if_steps=[register],
        else_steps=[],
    )
    judged = _condition("Judged", evaluate, evaluated, then=[registers], otherwise="evaluation")
    checked = _condition(
        "Validated", validate, validated, then=[featurize, train, evaluate, judged], otherwise="validation"
    )
    return Pipeline(
        name=sentinels.MODEL,
        parameters=list(PARAMETERS),
        pipeline_experiment_config=None,  # lineage is in the version's record, not in SageMaker Experiments
        steps=[validate, checked],
        sagemaker_session=session,
    )


class _Steps:
    """Steps of one image, under one session."""

    def __init__(self, session: PipelineSession) -> None:
        self._session = session

    def gate(
        self, name: str, arguments: list[Any], *, inputs: dict[str, Any], output: str
    ) -> tuple[ProcessingStep, PropertyFile]:
        """A step that judges. It ends well whatever the verdict, so that SageMaker keeps its report; the verdict is a file."""
        verdict = PropertyFile(name="verdict", output_name="verdict", path="verdict.json")
        step = self.processing(
            name, arguments, inputs=inputs, outputs=(output, "verdict"), property_files=[verdict]
        )
        return step, verdict

    def processing(
        self,
        name: str,
        arguments: list[Any],
        *,
        inputs: dict[str, Any],
        outputs: tuple[str, ...],
        property_files: list[PropertyFile] | None = None,
    ) -> ProcessingStep:
        """A step without network, and without more than its inputs."""
        return self._step(
            name,
            self._processor(sentinels.TRAINING_ROLE, isolated=True),
            arguments,
            inputs=inputs,
            outputs=outputs,
            property_files=property_files,
        )

    def register(self, inputs: dict[str, Any]) -> ProcessingStep:
        """`modelctl register`, the one step that calls AWS; its role is the one that may."""
        registrar = self._processor(
            sentinels.REGISTRAR_ROLE, isolated=False, env={"AWS_DEFAULT_REGION": sentinels.REGION}
        )
        arguments = [
            *_step("register"),
            *("--env", sentinels.ENVIRONMENT),
            *("--version", VERSION),
            *("--image", IMAGE),
            *("--data-revision", DATA_REVISION),
            *("--commit", COMMIT),
            *("--execution", ExecutionVariables.PIPELINE_EXECUTION_ARN),
        ]
        return self._step("Register", registrar, arguments, inputs=inputs, outputs=())

    def training(self, name: str, *, channel: Any, hyperparameters: dict[str, Any]) -> TrainingStep:
        """The model, from the training examples."""
        trainer = ModelTrainer(
            sagemaker_session=self._session,
            role=sentinels.TRAINING_ROLE,
            training_image=STEP_IMAGE,
            base_job_name=name,  # else it takes the image for a text
            compute=Compute(
                instance_type=sentinels.INSTANCE,
                instance_count=1,
                volume_size_in_gb=_VOLUME,
                volume_kms_key_id=sentinels.KEY,
            ),
            networking=Networking(
                subnets=list(sentinels.SUBNETS),
                security_group_ids=list(sentinels.SECURITY_GROUPS),
                enable_network_isolation=True,
            ),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=4 * _HOUR),
            output_data_config=OutputDataConfig(s3_output_path=_runs(name), kms_key_id=sentinels.KEY),
            hyperparameters=hyperparameters,
            tags=[Tag(key=sentinels.TAG[0], value=sentinels.TAG[1])],
        )
        return TrainingStep(
            name=name,
            step_args=trainer.train(
                input_data_config=[InputData(channel_name="training", data_source=channel)]
            ),
            cache_config=_CACHE,
            retry_policies=_RETRIES,
        )

    def _processor(self, role: str, *, isolated: bool, env: dict[str, str] | None = None) -> Processor:
        return Processor(
            sagemaker_session=self._session,
            role=role,
            image_uri=STEP_IMAGE,
            instance_type=sentinels.INSTANCE,
            instance_count=1,
            volume_size_in_gb=_VOLUME,
            volume_kms_key=sentinels.KEY,
            output_kms_key=sentinels.KEY,
            max_runtime_in_seconds=_HOUR,
            env=env,
            tags=[{"Key": sentinels.TAG[0], "Value": sentinels.TAG[1]}],
            network_config=NetworkConfig(
                enable_network_isolation=isolated,
                subnets=list(sentinels.SUBNETS),
                security_group_ids=list(sentinels.SECURITY_GROUPS),
            ),
        )

    def _step(
        self,
        name: str,
        processor: Processor,
        arguments: list[Any],
        *,
        inputs: dict[str, Any],
        outputs: tuple[str, ...],
        property_files: list[PropertyFile] | None = None,
    ) -> ProcessingStep:
        return ProcessingStep(
            name=name,
            step_args=processor.run(
                inputs=[_input(each, uri) for each, uri in inputs.items()],
                outputs=[_output_of(name, each) for each in outputs],
                arguments=arguments,
            ),
            # Register looks at the registry, whatever it was given before.
            cache_config=_CACHE if outputs else None,
            retry_policies=_RETRIES,
            property_files=property_files,
        )


def _step(name: str) -> list[str]:
    """The image's program (pipelines/steps)."""
    return [name, "--model", sentinels.MODEL]


def _condition(
    name: str, judge: ProcessingStep, verdict: PropertyFile, *, then: list[Any], otherwise: str
) -> ConditionStep:
    """Go on where the verdict is `passed`; else end with the gate's name and sentence."""

    def of(member: str) -> JsonGet:
        return JsonGet(step_name=judge.name, property_file=verdict, json_path=member)

    stopped = FailStep(
        name=f"{judge.name}Stopped",
        error_message=Join(on=" ", values=[f"{otherwise} gate:", of("sentence")]),
    )
    return ConditionStep(
        name=name,
        conditions=[ConditionEquals(left=of("outcome"), right=_PASSED)],
        if_steps=then,
        else_steps=[stopped],
    )


def _runs(*names: str) -> Join:
    """A prefix of this execution's own."""
    return Join(on="/", values=[sentinels.RUNS, ExecutionVariables.PIPELINE_EXECUTION_ID, *names])


def _input(name: str, uri: Any) -> ProcessingInput:
    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri,
            local_path=f"{_OPT}/input/{name}",
            s3_data_type="S3Prefix",
            s3_input_mode="File",
            s3_data_distribution_type="FullyReplicated",
            s3_compression_type="None",
        ),
    )


def _output_of(step: str, name: str) -> ProcessingOutput:
    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(
            s3_uri=_runs(step, name), local_path=f"{_OPT}/output/{name}", s3_upload_mode="EndOfJob"
        ),
    )


def _output(step: ProcessingStep, name: str) -> Any:
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.definition", description="Write the definition."
    )
    parser.add_argument(
        "--out", type=Path, default=DEFINITION, metavar="FILE", help="default: where it is committed"
    )
    out: Path = parser.parse_args(arguments).out
    out.write_bytes(render())
    out.with_name(SOURCES).write_text(sources() + "\n")
    print(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
