"""Carries executions of pipelines out: starts the steps that the graph says, each in a thread, until nothing is left."""

import json
import logging
import secrets
import string
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.clients import Clients
from sandbox.clock import now
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.iam.guard import Guard
from sandbox.iam.operation import Operation
from sandbox.refusal import RefusedError
from sandbox.sagemaker.store import Account
from sandbox.training import arguments, cache, conditions, graph, retries
from sandbox.training.execution import Execution, Record
from sandbox.training.intrinsics import IntrinsicError, Values, resolve
from sandbox.training.job import SERVICE, SESSION, Job, Kind
from sandbox.training.jobs import INTERNAL, Jobs
from sandbox.training.objects import ObjectsError, split
from sandbox.training.requests import CreateProcessingJob, CreateTrainingJob
from sandbox.training.retries import Failure, Fault
from sandbox.training.steps import Step

_LOG = logging.getLogger(__name__)
_REQUESTS: Mapping[str, type[CreateProcessingJob | CreateTrainingJob]] = {
    "Processing": CreateProcessingJob,
    "Training": CreateTrainingJob,
}
_PAUSE = 0.1  # seconds between looks at a job
_SHORT = 20  # characters of a step's name in its job's: 63 are allowed in all
_LETTERS = string.ascii_letters + string.digits
# What a job's FailureReason begins with, and what retry policies call it.
_FAULTS: Mapping[str, Fault] = {
    "InternalServerError": "SageMaker.JOB_INTERNAL_ERROR",
    "CapacityError": "SageMaker.CAPACITY_ERROR",
}
_REFUSALS: Mapping[str, Fault] = {
    "ResourceLimitExceeded": "SageMaker.RESOURCE_LIMIT",
    "ThrottlingException": "Step.THROTTLING",
    "InternalFailure": "Step.SERVICE_FAULT",
}


class _FailedError(Exception):
    """A step that failed: the text is its FailureReason; `fault` what a retry policy may name."""

    def __init__(self, text: str, fault: Fault | None = None) -> None:
        super().__init__(text)
        self.fault = fault


class _StoppedError(Exception):
    """A step that was stopped."""


@dataclass(frozen=True)
class _Run:
    """One run of a step's job.

    Attributes:
        account: where.
        execution: of which the step is.
        record: what is told of the step.
        name: of the step.
        step: as defined.
        wanted: its arguments, resolved.
    """

    account: Account
    execution: Execution
    record: Record
    name: str
    step: Step
    wanted: Mapping[str, Any]


@dataclass(frozen=True)
class Executions:
    """Runs them."""

    jobs: Jobs
    guard: Guard
    clients: Clients

    def go_on(self, account: Account, execution: Execution) -> None:
        """Start what can start; the account's lock is held."""
        for name in graph.ready(execution.definition.graph, execution.state, execution.most):
            execution.state = graph.start(execution.state, name)
            execution.records[name] = Record()
            threading.Thread(
                target=self._carry_out,
                args=(account, execution, name),
                name=f"step-{execution.id}-{name}",
                daemon=True,
            ).start()
        execution.modified = now()

    def stop(self, account: Account, execution: Execution) -> None:
        """Start nothing more and stop what runs; the account's lock is held."""
        execution.state = graph.stop(execution.state)
        execution.halt.set()
        for name, record in execution.records.items():
            if execution.state.steps[name] is graph.Step.EXECUTING:
                record.status = "Stopping"
        self.go_on(account, execution)

    def retry(self, account: Account, execution: Execution) -> None:
        """Run again what had not succeeded; the account's lock is held."""
        execution.state = graph.retry(execution.state)
        execution.records = {name: execution.records[name] for name in execution.state.steps}
        execution.halt.clear()
        self.go_on(account, execution)

    def _carry_out(self, account: Account, execution: Execution, name: str) -> None:
        record = execution.records[name]
        outcome: bool | None = None
        became, reason = graph.Step.SUCCEEDED, None
        try:
            outcome = self._step(account, execution, name, record)
        except _StoppedError:
            became = graph.Step.STOPPED
        except (_FailedError, IntrinsicError, conditions.ConditionError) as error:
            became, reason = graph.Step.FAILED, str(error)
        except Exception:  # noqa: BLE001 - the execution must hear of the step's end; the log has the traceback
            _LOG.exception("step %s of %s broke", name, execution.arn)
            became, reason = graph.Step.FAILED, INTERNAL
        with account.lock:
            record.ended, record.reason, record.status = now(), reason, became.value
            execution.state = graph.end(execution.state, name, became, outcome)
            self.go_on(account, execution)

    def _step(self, account: Account, execution: Execution, name: str, record: Record) -> bool | None:
        """Run a step to its end; a condition's outcome."""
        step = execution.definition.steps[name]
        with account.lock:
            record.status = "Executing"
            values = self._values(account, execution)
        wanted = resolve(step.arguments, values)
        if step.type == "Fail":
            record.metadata = {"Fail": {"ErrorMessage": wanted["ErrorMessage"]}}
            raise _FailedError(wanted["ErrorMessage"])
        if step.type == "Condition":
            outcome = conditions.holds(wanted)
            record.metadata = {"Condition": {"Outcome": "True" if outcome else "False"}}
            return outcome
        key = cache.key(step.type, wanted)
        with account.lock:
            earlier = (
                cache.hit(execution.runs.get(name, []), key, now(), step.expire_after)
                if step.caching
                else None
            )
        if earlier:
            properties, record.source = earlier.properties, earlier.execution
            record.metadata = _metadata(step.type, properties)
        else:
            properties = self._job(_Run(account, execution, record, name, step, wanted))
        with account.lock:
            execution.properties[name] = properties
            if not earlier:
                execution.runs.setdefault(name, []).append(cache.Run(key, now(), execution.arn, properties))
        return None

    def _values(self, account: Account, execution: Execution) -> Values:
        def iso(at: float) -> str:
            return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

        variables = {
            "PipelineName": execution.name,
            "PipelineArn": execution.pipeline,
            "PipelineExecutionId": execution.id,
            "PipelineExecutionArn": execution.arn,
            "StartDateTime": iso(execution.created),
            "CurrentDateTime": iso(now()),
        }
        return Values(
            execution.parameters, variables, dict(execution.properties), self._reader(account, execution)
        )

    def _reader(self, account: Account, execution: Execution) -> Callable[[str, str], str]:
        """Reads property files as the pipeline's role."""

        def read(step: str, file: str) -> str:
            place = execution.definition.steps[step].files[file]
            outputs = execution.properties[step]["ProcessingOutputConfig"]["Outputs"]
            uri = next(one["S3Output"]["S3Uri"] for one in outputs if one["OutputName"] == place.output)
            role = ExecutionRole(execution.role, account.id, account.region)
            try:
                bucket, key = split(f"{uri.rstrip('/')}/{place.path}")
                answer = self.clients.of("s3", role).get_object(Bucket=bucket, Key=key)
                return str(answer["Body"].read().decode(errors="replace"))
            except (ClientError, BotoCoreError, ObjectsError, RefusedError) as error:
                raise IntrinsicError(f"property file {file} of step {step}: {error}") from None

        return read

    def _job(self, run: _Run) -> Mapping[str, Any]:
        """Run a step's job, again as its policies say; what Describe answers at last."""
        failures, began = [], time.monotonic()
        while True:
            run.record.attempts += 1
            try:
                return self._attempt(run)
            except _FailedError as error:
                failures.append(Failure(error.fault, time.monotonic() - began))
                wait = retries.delay(run.step.policies, failures)
                if wait is None:
                    raise
            if run.execution.halt.wait(wait):
                raise _StoppedError

    def _attempt(self, run: _Run) -> Mapping[str, Any]:
        step, halt = run.step, run.execution.halt
        if halt.is_set():
            raise _StoppedError
        chosen = "".join(secrets.choice(_LETTERS) for _ in range(10))
        short = run.name.replace("_", "-")[:_SHORT].strip("-")
        name = f"pipelines-{run.execution.id}-{short}-{chosen}"
        job = self._create(run, {**run.wanted, arguments.NAMES[step.type]: name})
        self._act(run, f"Describe{step.type}Job", {arguments.NAMES[step.type]: name})
        run.record.metadata = _metadata(step.type, job.show())
        stopped = False
        while not job.over.wait(_PAUSE):
            if halt.is_set() and not stopped:
                stopped = True
                self._stop(run.account, job)
        if job.status == "Stopped":
            if halt.is_set():
                raise _StoppedError
            raise _FailedError(f"ClientError: {step.type} job {job.name} was stopped: {job.secondary}")
        if job.status == "Failed":
            reason = job.failure or INTERNAL
            raise _FailedError(f"ClientError: {reason}", _FAULTS.get(reason.partition(":")[0]))
        return job.show()

    def _create(self, run: _Run, request: Mapping[str, Any]) -> Job:
        """Make the job as the pipeline's role may."""
        account, kind = run.account, run.step.type
        call = f"Create{kind}Job"
        wrong = next(arguments.refusals(kind, request), None)
        if wrong:
            raise _FailedError(_refused(call, wrong))
        self._act(run, call, request)
        try:
            made = msgspec.structs.replace(
                msgspec.convert(request, _REQUESTS[kind]), given=json.loads(json.dumps(request))
            )
            with account.lock:
                return self.jobs.create(account, made)
        except (RefusedError, msgspec.ValidationError) as error:
            fault = _REFUSALS.get(error.code) if isinstance(error, RefusedError) else None
            raise _FailedError(_refused(call, error), fault) from None

    def _act(self, run: _Run, call: str, request: Mapping[str, Any]) -> None:
        """Call SageMaker as the pipeline's role may."""
        account = run.account
        try:
            caller = self.guard.service_session(SERVICE, run.execution.role, account.id, SESSION)
            self.guard.act(caller, Operation("sagemaker", call, account.id, account.region, request))
        except RefusedError as error:
            raise _FailedError(_refused(call, error), _REFUSALS.get(error.code)) from None

    def _stop(self, account: Account, job: Job) -> None:
        with account.lock:
            if not job.over.is_set():
                self.jobs.stop(job)


def _refused(call: str, why: object) -> str:
    return f"ClientError: Failed to invoke sagemaker:{call}. Error Details: {why}"


def _metadata(kind: Kind | str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{kind}Job": {"Arn": properties[f"{kind}JobArn"]}}
