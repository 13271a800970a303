"""The environment's SageMaker pipeline and its executions.

Why an execution failed is in ListPipelineExecutionSteps alone: DescribePipelineExecution says that a step did. Of a
processing job the sentence is its ExitMessage, a training job's is in its FailureReason.
Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListPipelineExecutionSteps.html,
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PipelineExecutionStepMetadata.html
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from modeldelivery.release.aws.errors import AbsentError, ask, translated_or_absent
from modeldelivery.release.core.training import Execution, Inputs, Step
from modeldelivery.release.training_ports import Listed, Pipeline

_GATE = "exit code: 3"  # pipelines.steps.contract.Exit.GATE: the step's work was done, and what it judged did not pass
_PAGE = 100


class _Parameter(msgspec.Struct):
    name: str = msgspec.field(name="Name")


class _Definition(msgspec.Struct):
    parameters: list[_Parameter] = msgspec.field(default_factory=list, name="Parameters")


class SageMakerExecutions(msgspec.Struct, frozen=True, kw_only=True):
    """An `Executions`.

    Attributes:
        sagemaker: a patient client.
        name: of the pipeline.
    """

    sagemaker: Any
    name: str

    def pipeline(self) -> Pipeline | None:
        try:
            with translated_or_absent(f"sagemaker:DescribePipeline {self.name}"):
                text = self.sagemaker.describe_pipeline(PipelineName=self.name)["PipelineDefinition"]
        except AbsentError:
            return None
        definition = msgspec.json.decode(text, type=_Definition)
        return Pipeline(
            parameters=frozenset(each.name for each in definition.parameters),
            digest=hashlib.sha256(text.encode()).hexdigest(),
        )

    def listed(self) -> list[Listed]:
        pages = self._pages("list_pipeline_executions", "PipelineExecutionSummaries", PipelineName=self.name)
        return [
            Listed(
                arn=each["PipelineExecutionArn"],
                name=each.get("PipelineExecutionDisplayName", ""),
                status=each["PipelineExecutionStatus"],
            )
            for each in pages
        ]

    def start(self, inputs: Inputs, token: str, name: str) -> str:
        parameters = [{"Name": key, "Value": value} for key, value in inputs.parameters.items()]
        response = ask(
            f"sagemaker:StartPipelineExecution {self.name}",
            lambda: self.sagemaker.start_pipeline_execution(
                PipelineName=self.name,
                PipelineExecutionDisplayName=name,
                PipelineParameters=parameters,
                ClientRequestToken=token,
            ),
        )
        return str(response["PipelineExecutionArn"])

    def look(self, arn: str) -> Execution:
        status = ask(
            f"sagemaker:DescribePipelineExecution {arn}",
            lambda: self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn),
        )["PipelineExecutionStatus"]
        steps = self._pages(
            "list_pipeline_execution_steps",
            "PipelineExecutionSteps",
            PipelineExecutionArn=arn,
            SortOrder="Ascending",
        )
        return Execution(arn=arn, status=status, steps=tuple(self._step(each) for each in steps))

    def retry(self, arn: str, token: str) -> None:
        ask(
            f"sagemaker:RetryPipelineExecution {arn}",
            lambda: self.sagemaker.retry_pipeline_execution(
                PipelineExecutionArn=arn, ClientRequestToken=token
            ),
        )

    def _step(self, shown: Any) -> Step:
        metadata = shown.get("Metadata", {})
        reason, end = str(shown.get("FailureReason", "")), shown.get("EndTime")
        stop = metadata.get("Fail", {}).get("ErrorMessage")
        jobs = (metadata.get(kind, {}).get("Arn") for kind in ("ProcessingJob", "TrainingJob"))
        job = next((arn for arn in jobs if arn), "")
        return Step(
            name=shown["StepName"],
            status=shown["StepStatus"],
            reason=stop or self._message(job, reason) or reason,
            cached="CacheHitResult" in shown,
            gate=stop is not None or reason.endswith(_GATE),
            job=job,
            started=shown["StartTime"].timestamp(),
            ended=end.timestamp() if end else None,
        )

    def _message(self, job: str, reason: str) -> str:
        """What a processing job that failed said itself; "" for nothing."""
        if not reason or ":processing-job/" not in job:
            return ""
        name = job.rpartition("/")[2]
        response = ask(
            f"sagemaker:DescribeProcessingJob {name}",
            lambda: self.sagemaker.describe_processing_job(ProcessingJobName=name),
        )
        return str(response.get("ExitMessage", ""))

    def _pages(self, call: str, key: str, **request: Any) -> Iterator[Any]:
        what = f"sagemaker:{''.join(word.capitalize() for word in call.split('_'))} {self.name}"
        more: dict[str, str] = {}
        while True:
            page = self._page(what, call, {**request, **more})
            yield from page[key]
            if "NextToken" not in page:
                return
            more = {"NextToken": page["NextToken"]}

    def _page(self, what: str, call: str, request: dict[str, Any]) -> Any:
        return ask(what, lambda: getattr(self.sagemaker, call)(MaxResults=_PAGE, **request))
