"""One sandbox: moto, SageMaker, hosting and the data plane, held together for one home."""

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

import msgspec
import psutil

from sandbox.accounts import ACCOUNTS, REGION
from sandbox.alarms.actions import Actions
from sandbox.alarms.watch import Alarms
from sandbox.clients import Clients
from sandbox.clock import WORLD
from sandbox.cloud import Cloud
from sandbox.codebuild import builds
from sandbox.codebuild.builds import Builds
from sandbox.codebuild.projects import Projects
from sandbox.codepipeline import actions as pipeline_actions
from sandbox.codepipeline import executions as pipeline_executions
from sandbox.codepipeline import pipelines as code_pipelines
from sandbox.connections import Connections
from sandbox.daemon import INCARNATION, remembered_ports
from sandbox.dataplane.link import Link
from sandbox.downloads import Downloads
from sandbox.events.bus import Bus
from sandbox.faults import Faults
from sandbox.gateway import Gateway
from sandbox.git.remote import Remotes, untold
from sandbox.home import Home
from sandbox.hosting.captured import WRITES, Captured
from sandbox.hosting.changes import Changes
from sandbox.hosting.container import Containers
from sandbox.hosting.delays import Delays
from sandbox.hosting.execution_role import Reader
from sandbox.hosting.fleet import Fleet
from sandbox.hosting.image import Images
from sandbox.hosting.open_questions import OpenQuestions
from sandbox.hosting.provisioning import Provisioning
from sandbox.hosting.scaling import Scaling
from sandbox.iam.arn import parse
from sandbox.iam.callers import Callers
from sandbox.iam.estate import Estate
from sandbox.iam.guard import Guard
from sandbox.image.build import Blobs
from sandbox.keys import AccessKey
from sandbox.listener import Away, Listener
from sandbox.processes.credentials import Addresses, Credentials, Keys
from sandbox.processes.runner import Runner
from sandbox.sagemaker.actions import SageMaker
from sandbox.scheduler import invocations
from sandbox.scheduler.clock import ClockRoutes
from sandbox.scheduler.invocations import Invocations
from sandbox.scheduler.schedules import Schedules
from sandbox.services import services
from sandbox.topics import Topics
from sandbox.training import job
from sandbox.training.actions import Action, actions
from sandbox.training.executions import Executions
from sandbox.training.jobs import Jobs, Machine
from sandbox.training.pipelines import Pipelines
from sandbox.utilization import Instance, Utilization, instances

_LOG = logging.getLogger(__name__)
_PODS = "pods.eks.amazonaws.com"
_WATCH = 0.5  # seconds between looks at the model servers


Server = TypeVar("Server")


class World:
    """Everything that runs in this process; it serves from construction on."""

    def __init__(self, place: Home, delays: Delays, keys: Mapping[str, AccessKey], token: str) -> None:
        faults = Faults()
        ports = remembered_ports(place)
        # What a killed run left: its processes are gone, and the names of instances begin again.
        for folder in (place.instances, place.container_logs):
            shutil.rmtree(folder, ignore_errors=True)
        self.cloud = Cloud(keys)
        self.connections = Connections()
        estate = Estate(self.cloud.lock, {"codeconnections": self.connections.tags_of})
        self.guard = Guard(Callers(self.cloud.lock), estate)
        reader = Reader(self.cloud, self.guard)
        images = Images(reader, Blobs(place.blobs))
        self.runner = Runner((INCARNATION, os.environ[INCARNATION]), os.environ.get("SANDBOX_ISOLATION", ""))
        self.credentials = Credentials(
            self.assume_role, lambda: Addresses(REGION, self.control, self.runtime)
        )
        self.fleet = Fleet(Containers(place, reader, images), self.runner, self.credentials)
        self.sagemaker: SageMaker | None = None
        clients = self._clients(job.SERVICE, job.SESSION)
        place.captured.mkdir(exist_ok=True)
        captured = Captured(place.captured, lambda role: clients.of("s3", role, WRITES), faults)
        self.link = _listening(
            ports.runtime,
            lambda port: Link(
                port,
                delays.seed,
                place.captured,
                self.table,
                metrics=self.take_metrics,
                captured=captured.take,
            ),
        )
        self.questions = OpenQuestions(delays.seed, faults)
        provisioning = Provisioning(self.fleet, self.link, delays)
        self.changes = Changes(provisioning, delays, faults, self.questions)
        self.scaling = Scaling(self.cloud, self.changes, delays)
        self.topics = Topics(self.cloud, self.guard)
        self.alarms = Alarms(self.cloud, Actions(self.topics))
        self.remotes = Remotes(place)
        bus = Bus(self.cloud, self.topics)
        projects = self._building(place, bus)
        self.pipelines = self._delivering(projects, bus)
        others = self._training(place, images, clients)
        self.sagemaker = SageMaker(self.cloud, reader, self.changes, images, delays, others)
        downloads = Downloads(self.cloud, Blobs(place.blobs))
        gateway = Gateway(
            self.cloud,
            self.guard,
            services(
                self.cloud,
                self.sagemaker,
                downloads,
                {
                    "codebuild": projects.service,
                    "codeconnections": self.connections.service,
                    "codepipeline": self.pipelines.service,
                    "scheduler": self.schedules.service,
                },
            ),
            faults,
            self.status,
            self.link.publish,
            token=token,
            roles=self.credentials,
            hide=self.sagemaker.hide,
            away=self.away,
            download=downloads.download,
            routes={
                ("GET", "/sandbox/messages"): lambda _: self.topics.messages(),
                ("POST", "/sandbox/pushed"): self._pushed,
                ("POST", "/sandbox/authorize"): lambda given: self.connections.authorize(given["name"]),
                **ClockRoutes(self.schedules, WORLD).routes,
                ("POST", "/sandbox/grants"): self._granted,
                ("DELETE", "/sandbox/grants"): lambda given: self.credentials.revoke(dict(given)),
            },
        )
        self.listener = _listening(ports.control, lambda port: Listener(port, gateway))
        self.link.publish()

    def _training(self, place: Home, images: Images, clients: Clients) -> Mapping[str, Action]:
        """The actions of pipelines and jobs, and what CloudWatch measures of the instances."""
        jobs = Jobs(Machine(place, images, self.runner, self.credentials, clients))
        self.utilization = Utilization(partial(self._instances, jobs), self.put_metrics, place.root)
        pipelines = Pipelines(Executions(jobs, self.guard, clients))
        self.schedules = Schedules(WORLD, self._invocations(jobs, pipelines))
        return actions(pipelines, jobs)

    def _invocations(self, jobs: Jobs, pipelines: Pipelines) -> Invocations:
        """What EventBridge Scheduler starts."""

        def busy(account: str, answer: Mapping[str, Any]) -> bool:
            job, execution = answer.get("ProcessingJobArn"), answer.get("PipelineExecutionArn")
            return (job is not None and jobs.at_work(account, job)) or (
                execution is not None and pipelines.at_work(account, execution)
            )

        return Invocations(self._clients(invocations.PRINCIPAL, invocations.SESSION), busy)

    def _instances(self, jobs: Jobs) -> Iterable[Instance]:
        return instances(self.sagemaker.accounts if self.sagemaker else {}, jobs)

    def _delivering(self, projects: Projects, bus: Bus) -> code_pipelines.Pipelines:
        """CodePipeline."""
        clients = self._clients(pipeline_actions.PRINCIPAL, pipeline_actions.SESSION)
        carried_out = pipeline_actions.Actions(clients, self.guard, self.connections, self.remotes, projects)
        executions = pipeline_executions.Executions(carried_out, partial(bus.emit, "aws.codepipeline"))
        return code_pipelines.Pipelines(executions, clients, self.connections)

    def _building(self, place: Home, bus: Bus) -> Projects:
        """CodeBuild."""
        clients = self._clients(builds.PRINCIPAL, builds.SESSION)
        machine = builds.Machine(
            place,
            self.runner,
            self.credentials,
            clients,
            self.guard,
            self.remotes.clone,
            partial(bus.emit, "aws.codebuild"),
        )
        return Projects(Builds(machine), clients)

    def _pushed(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the hook of a repository tells, and what came of it."""
        pushes = self.remotes.pushes(given["account"], given["updates"])
        messages = [line for push in pushes for line in self.pipelines.pushed(given["account"], push)]
        return {"messages": [*messages, *untold(pushes)]}

    def _granted(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The variables of a Pod that has a role, as EKS gives them, to which the role must be willing. Raises RefusedError."""
        role, session = given["role"], given["session"]
        account = parse(role).account
        self.guard.service_session(_PODS, role, account, session)
        return self.credentials.grant(account, role, session)

    def _clients(self, principal: str, session: str) -> Clients:
        """How a service of AWS calls others in roles."""
        addresses = lambda: Addresses(REGION, self.control, self.runtime)  # noqa: E731 - the ports come later
        return Clients(self.guard, self.assume_role, addresses, principal, session)

    def away(self, seconds: float, kind: Away) -> None:
        """Nobody can connect for so long."""
        self.listener.away(seconds, kind)

    def table(self) -> dict[str, Any]:
        """What the data plane routes by."""
        endpoints, captures = {}, {}
        for account in self.sagemaker.accounts.values() if self.sagemaker else ():
            with account.lock:
                endpoints[account.id] = {
                    name: endpoint.route() for name, endpoint in account.endpoints.items()
                }
                captures[account.id] = {
                    name: capture
                    for name, endpoint in account.endpoints.items()
                    if (capture := endpoint.captures())
                }
        credentials = self.cloud.credentials()
        denials = {
            key: self.guard.uninvokable(
                credential.account, key, REGION, endpoints.get(credential.account, ())
            )
            for key, credential in credentials.items()
        }
        return {
            "keys": msgspec.to_builtins(credentials),
            "denials": denials,
            "endpoints": endpoints,
            "captures": captures,
        }

    def assume_role(self, account: str, role: str, session: str) -> Keys:
        """A session of a role, which the data plane knows as well."""
        keys = self.cloud.assume_role(account, role, session)
        self.link.publish()
        return keys

    def take_metrics(self, batch: list[dict[str, Any]]) -> None:
        self.scaling.note(batch)
        for item in batch:
            self.put_metrics(item["account"], "AWS/SageMaker", item["metrics"])

    def put_metrics(self, account: str, namespace: str, metrics: list[dict[str, Any]]) -> None:
        """Store what was measured just now."""
        self.cloud.put_metrics(account, REGION, namespace, metrics, WORLD.naive())

    def status(self) -> dict[str, Any]:
        """What `sandbox status` shows."""
        here = psutil.Process()
        family = [here, *here.children(recursive=True)]
        endpoints = {}
        for account in self.sagemaker.accounts.values() if self.sagemaker else ():
            with account.lock:
                endpoints[account.id] = [
                    {
                        "name": endpoint.name,
                        "status": endpoint.status,
                        "variants": {
                            name: variant.current_weight for name, variant in endpoint.variants.items()
                        },
                        "instances": sum(len(variant.instances) for variant in endpoint.variants.values()),
                    }
                    for endpoint in account.endpoints.values()
                ]
        return {
            "incarnation": os.environ[INCARNATION],
            "accounts": {account.profile: account.id for account in ACCOUNTS},
            "endpoints": endpoints,
            "repositories": {account.id: str(self.remotes.folder(account.id)) for account in ACCOUNTS},
            "isolation": {"level": self.runner.isolation.level, "why": self.runner.isolation.why},
            "open_questions": [asdict(answered) for answered in self.questions.answered()],
            "processes": len(family),
            "resident_bytes": sum(_resident(process) for process in family),
        }

    @property
    def control(self) -> int:
        return self.listener.port

    @property
    def runtime(self) -> int:
        return self.link.port

    def run(self, ended: threading.Event) -> None:
        """Keep model servers alive until `ended` is set, then end everything."""
        assert self.sagemaker is not None
        while not ended.wait(_WATCH):
            for account in self.sagemaker.accounts.values():
                self.changes.watch(account)
                self.scaling.watch(account)
            self.utilization.look()
            self.alarms.watch()
            self.schedules.watch()
        self.link.close()
        self.fleet.stop_all()
        self.runner.close()


def _listening(port: int, start: Callable[[int], Server]) -> Server:
    """On the remembered port, else on any: the profiles are files, so an entered shell follows."""
    try:
        return start(port)
    except OSError:
        _LOG.warning("port %s of the last run is taken; choosing another", port)
        return start(0)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
