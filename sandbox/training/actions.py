"""The actions of pipelines and jobs, as SageMaker's table of actions takes them."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sandbox.sagemaker.requests import Input
from sandbox.sagemaker.store import Account
from sandbox.training import requests as r
from sandbox.training.job import Job
from sandbox.training.jobs import Jobs
from sandbox.training.pipelines import Pipelines

Request = TypeVar("Request", bound=Input)
Action = tuple[type[Input], Callable[[Account, Any], dict[str, Any]]]


def actions(pipelines: Pipelines, jobs: Jobs) -> Mapping[str, Action]:
    """By name, what it takes and what it does with it."""

    def created(account: Account, request: r.CreateProcessingJob | r.CreateTrainingJob) -> dict[str, Any]:
        job = jobs.create(account, request)
        return {f"{job.kind}JobArn": job.arn}

    def stopped(job: Job) -> dict[str, Any]:
        jobs.stop(job)
        return {}

    return {
        "CreateProcessingJob": _reads(r.CreateProcessingJob, created),
        "DescribeProcessingJob": _reads(
            r.ProcessingJobName, lambda a, q: jobs.find(a, "Processing", q.processing_job_name).show()
        ),
        "StopProcessingJob": _reads(
            r.ProcessingJobName, lambda a, q: stopped(jobs.find(a, "Processing", q.processing_job_name))
        ),
        "ListProcessingJobs": _reads(r.ListJobs, lambda a, q: jobs.listed(a, "Processing", q)),
        "CreateTrainingJob": _reads(r.CreateTrainingJob, created),
        "DescribeTrainingJob": _reads(
            r.TrainingJobName, lambda a, q: jobs.find(a, "Training", q.training_job_name).show()
        ),
        "StopTrainingJob": _reads(
            r.TrainingJobName, lambda a, q: stopped(jobs.find(a, "Training", q.training_job_name))
        ),
        "ListTrainingJobs": _reads(r.ListJobs, lambda a, q: jobs.listed(a, "Training", q)),
        "CreatePipeline": _reads(r.CreatePipeline, pipelines.create),
        "UpdatePipeline": _reads(r.UpdatePipeline, pipelines.update),
        "DescribePipeline": _reads(r.PipelineName, pipelines.describe),
        "ListPipelines": _reads(r.ListPipelines, pipelines.listed),
        "DeletePipeline": _reads(r.DeletePipeline, pipelines.delete),
        "StartPipelineExecution": _reads(r.StartExecution, pipelines.start),
        "DescribePipelineExecution": _reads(r.ExecutionArn, pipelines.describe_execution),
        "ListPipelineExecutions": _reads(r.ListExecutions, pipelines.list_executions),
        "ListPipelineExecutionSteps": _reads(r.ListSteps, pipelines.list_steps),
        "StopPipelineExecution": _reads(r.StopExecution, pipelines.stop),
        "RetryPipelineExecution": _reads(r.RetryExecution, pipelines.retry),
    }


def _reads(kind: type[Request], act: Callable[[Account, Request], dict[str, Any]]) -> Action:
    """The two belong together."""
    return kind, act
