"""Runs processing and training jobs: the image's own program, on the inputs, in the name of the job's role."""

import logging
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.clients import Clients
from sandbox.clock import now
from sandbox.home import Home
from sandbox.hosting import local_image
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.hosting.held import ImageError
from sandbox.hosting.image import Images
from sandbox.hosting.local_image import LocalImage, LocalImageError
from sandbox.logstream import LogStream
from sandbox.missing import MissingError
from sandbox.processes.credentials import Credentials
from sandbox.processes.outcome import Outcome, too_long
from sandbox.processes.program import Limits, Program
from sandbox.processes.runner import Runner, StartError
from sandbox.processes.running import Running
from sandbox.refusal import RefusedError
from sandbox.sagemaker.container_environment import check_environment
from sandbox.sagemaker.listing import page
from sandbox.sagemaker.store import Account
from sandbox.sagemaker.tags import checked
from sandbox.training import folders
from sandbox.training.job import OVERTIME, SESSION, Job, Kind
from sandbox.training.objects import ObjectsError
from sandbox.training.requests import CreateProcessingJob, CreateTrainingJob, ListJobs

_LOG = logging.getLogger(__name__)
_LOOK = 0.2  # seconds between looks at a program
_MEMORY, _FILES, _PROCESSES = 4 << 30, 4096, 256
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."


class _JobError(Exception):
    """Why a job failed; the text is its FailureReason."""


@dataclass(frozen=True)
class Machine:
    """What jobs run with on this machine."""

    home: Home
    images: Images
    runner: Runner
    credentials: Credentials
    clients: Clients


class Jobs:
    """The jobs of all accounts, by account, kind and name in lowercase: so it is in ARNs, and by that it is found too."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._jobs: dict[tuple[str, Kind, str], Job] = {}
        self._running: dict[str, tuple[Job, Running]] = {}  # by the job's ARN, while its program runs
        # What a sandbox that was killed left.
        shutil.rmtree(machine.home.jobs, ignore_errors=True)

    def create(self, account: Account, request: CreateProcessingJob | CreateTrainingJob) -> Job:
        """Start one; its account's lock is held. Raises RefusedError."""
        check_environment(request.environment)
        kind: Kind
        if isinstance(request, CreateProcessingJob):
            kind, name = "Processing", request.processing_job_name
            folders.check(request)
        else:
            kind, name = "Training", request.training_job_name
        arn = account.arn(f"{kind.lower()}-job", name)
        key = (account.id, kind, name.lower())
        if key in self._jobs:
            raise RefusedError(
                f"Job name must be unique within an AWS account and region, and a {kind.lower()} job with this name already "
                f"exists ({arn})",
                "ResourceInUse",
            )
        account.tags[arn] = checked(request.tags)
        role = ExecutionRole(request.role_arn, account.id, account.region)
        job = self._jobs[key] = Job(kind, name, arn, role, request)
        threading.Thread(target=self._run, args=(account, job), name=f"job-{name}", daemon=True).start()
        return job

    def find(self, account: Account, kind: Kind, name: str) -> Job:
        """Raises RefusedError."""
        job = self._jobs.get((account.id, kind, name.lower()))
        if job is None:
            raise RefusedError("Requested resource not found.", "ResourceNotFound")
        return job

    def listed(self, account: Account, kind: Kind, request: ListJobs) -> dict[str, Any]:
        """One page of an account's jobs of a kind; raises RefusedError."""
        jobs = [
            job
            for (owner, of, _), job in self._jobs.items()
            if (owner, of) == (account.id, kind) and request.status_equals in {None, job.status}
        ]
        return page(f"{kind}JobSummaries", jobs, request, name=lambda job: job.name, show=Job.summary)

    def running(self) -> list[tuple[Job, Running]]:
        """The jobs whose programs run now."""
        return list(self._running.values())

    def at_work(self, account: str, arn: str) -> bool:
        """Whether there is a job of this ARN in an account that has not ended."""
        jobs = [job for (owner, _, _), job in list(self._jobs.items()) if (owner, job.arn) == (account, arn)]
        return any(not job.over.is_set() for job in jobs)

    def stop(self, job: Job) -> None:
        """Ask it to end; its account's lock is held. Raises RefusedError when it has ended."""
        if job.over.is_set():
            raise RefusedError(
                f"The request was rejected because the {job.kind.lower()} job is in status {job.status}."
            )
        job.status = "Stopping"
        job.secondary = "Stopping"
        job.stop.set()

    def _run(self, account: Account, job: Job) -> None:
        base = self._machine.home.jobs / f"{account.id}-{job.kind.lower()}-{job.name}"
        failure: str | None = None
        try:
            self._work(account, job, base)
        except _JobError as error:
            failure = str(error)
        except (RefusedError, ObjectsError, ClientError, BotoCoreError) as error:
            failure = f"ClientError: {error}"
        except Exception:  # noqa: BLE001 - whoever waits for the job must hear of its end; the log has the traceback
            _LOG.exception("job %s broke", job.name)
            failure = INTERNAL
        finally:
            shutil.rmtree(base, ignore_errors=True)
        with account.lock:
            job.ended, job.failure = now(), failure[:1024] if failure else None
            if job.stop.is_set():
                job.status = job.secondary = "Stopped"
            elif job.secondary == OVERTIME:
                job.status = "Stopped"
            else:
                job.status = job.secondary = "Failed" if failure else "Completed"
            job.over.set()

    def _work(self, account: Account, job: Job, base: Path) -> None:
        """Everything from the image to the outputs; raises what becomes of it."""
        machine = self._machine
        try:
            image = machine.images.find(job.role, job.image)
            if image.whole:
                raise _JobError(
                    f"ClientError: the sandbox runs jobs of images that `sandbox image` built from a folder; {job.image} "
                    "was built by another tool"
                )
            local = local_image.unpacked(image, machine.images, machine.home.layers)
        except (MissingError, ImageError, LocalImageError) as error:
            raise _JobError(f"ClientError: {error}") from None
        s3 = machine.clients.of("s3", job.role)
        base.mkdir(parents=True)
        folders.fill(base, job, s3)
        with account.lock:
            job.started = now()
            job.secondary = "Training"
        outcome = self._outcome(job, local, base)
        with account.lock:
            message = folders.told(base, job)
            job.message = message or None
            if _overtime(job, outcome) and not job.stop.is_set():
                job.secondary = OVERTIME
                return
        if job.stop.is_set():
            return
        if outcome.status:
            raise _JobError(_reason(job, outcome, message))
        folders.collect(base, job, s3)

    def _outcome(self, job: Job, local: LocalImage, base: Path) -> Outcome:
        """Run the program to its end, its output going to CloudWatch Logs meanwhile."""
        machine = self._machine
        log = base.with_suffix(".log")
        role = {} if job.isolated else machine.credentials.grant(job.role.account, job.role.arn, SESSION)
        program = Program(
            _command(job, local),
            local.environment() | dict(job.request.environment) | _contract(job, local, base) | role,
            local.folder(),
            log,
            network="loopback" if job.isolated else "open",
            limits=Limits(_MEMORY, None, job.request.stopping_condition.max_runtime, _FILES, _PROCESSES),
        )
        logs = machine.clients.of("logs", job.role)
        stream = LogStream(logs, f"/aws/sagemaker/{job.kind}Jobs", f"{job.name}/algo-1-{int(now())}", log)
        try:
            running = machine.runner.start(program)
            self._running[job.arn] = (job, running)
            while (outcome := running.wait(_LOOK)) is None:
                stream.ship()
                if job.stop.is_set():
                    machine.runner.stop([running])
        except StartError as error:
            raise _JobError(f"AlgorithmError: {error}") from None
        else:
            return outcome
        finally:
            self._running.pop(job.arn, None)
            stream.ship(whole=True)
            machine.credentials.revoke(role)
            log.unlink(missing_ok=True)


def _overtime(job: Job, outcome: Outcome) -> bool:
    return outcome.limit == too_long(job.request.stopping_condition.max_runtime)


def _reason(job: Job, outcome: Outcome, message: str) -> str:
    """As AWS words it: a training job's own text is part of it, a processing job's is its ExitMessage."""
    if outcome.limit or outcome.status < 0:
        return f"AlgorithmError: {outcome}"
    own = message if job.kind == "Training" else ""
    return f"AlgorithmError: {own or 'See job logs for more information'}, exit code: {outcome.status}"


def _command(job: Job, local: LocalImage) -> tuple[str, ...]:
    request = job.request
    if isinstance(request, CreateProcessingJob):
        own = request.app_specification
        return local.command(own.container_arguments, own.container_entrypoint)
    algorithm = request.algorithm_specification
    arguments = algorithm.container_arguments
    if not algorithm.container_entrypoint:
        arguments = ["train", *arguments]  # `docker run IMAGE train`
    return local.command(arguments, algorithm.container_entrypoint)


def _contract(job: Job, local: LocalImage, base: Path) -> dict[str, str]:
    """What SageMaker sets, and what stands for the container's own file system here."""
    names = {"TRAINING_JOB_NAME": job.name, "TRAINING_JOB_ARN": job.arn} if job.kind == "Training" else {}
    return {
        "PATH": local.path(),
        "HOME": str(base),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        folders.BASE: str(base),
        **names,
    }
