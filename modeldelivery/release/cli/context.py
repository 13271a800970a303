"""What a command works with, and how it gets it on AWS."""

import os
import secrets
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from modeldelivery.release.actor import actor
from modeldelivery.release.aws.environment import AwsEnvironment, open_environment
from modeldelivery.release.aws.registry import AwsRegistry
from modeldelivery.release.aws.session import open_account, profile_for
from modeldelivery.release.cli.dry_run import DryRun
from modeldelivery.release.cli.options import Options
from modeldelivery.release.cli.outcome import Call
from modeldelivery.release.cli.progress import Console
from modeldelivery.release.cli.recording import RecordingStore
from modeldelivery.release.cli.target import PlacedStore, PlacedTraffic
from modeldelivery.release.core.journal import ClusterPlace
from modeldelivery.release.naming import Place
from modeldelivery.release.ports import Caller, Clock, JournalStore, Progress, Registry, Scaling, Traffic
from modeldelivery.release.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from modeldelivery.release.approval import Approvals
    from modeldelivery.release.build_ports import Builds
    from modeldelivery.release.core.probes import Request
    from modeldelivery.release.kubernetes.traffic import KubernetesTraffic
    from modeldelivery.release.stream import Stream
    from modeldelivery.release.stream_ports import Streams
    from modeldelivery.release.training_ports import Training
    from modeldelivery.release.verdicts import VerdictStore
    from modeldelivery.release.verify_ports import Verifying


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """One command's world.

    Attributes:
        patience: seconds that it may wait for the platform.
        operation: id of this run, which everything that it records carries.
        calls: AWS calls of a dry run, as they would be made; None when it is none.
        caller: whom AWS takes this run for.
        training: makes what trains versions; None where nothing does.
        approvals: makes what knows which versions are approved; None where nothing does.
        builds: makes what knows of pushed tags; None where nothing does.
        verifying: makes what asks variants; None where nothing does.
        streams: sends requests as callers do, at a rate; None where nobody does.
        verdicts: makes what knows the newest verdicts on versions; None where nobody judges.
    """

    place: Place
    store: JournalStore
    traffic: Traffic
    registry: Registry
    scaling: Scaling
    clock: Clock
    progress: Progress
    actor: str
    operation: str
    patience: float
    calls: list[Call] | None = None
    caller: Caller | None = None
    training: "Callable[[], Training] | None" = None
    approvals: "Callable[[], Approvals] | None" = None
    builds: "Callable[[], Builds] | None" = None
    verifying: "Callable[[], Verifying] | None" = None
    streams: "Streams | None" = None
    verdicts: "Callable[[], VerdictStore] | None" = None

    @property
    def recorded(self) -> bool:
        """Whether something of this run is, or may be, in the journal."""
        return isinstance(self.store, RecordingStore) and self.store.recorded

    def recording(self) -> "Context":
        """The same, with a journal of which is known whether this run is in it."""
        return msgspec.structs.replace(self, store=RecordingStore(self.store, self.operation))

    def runner(self) -> Runner:
        return Runner(
            store=self.store,
            traffic=self.traffic,
            clock=self.clock,
            progress=self.progress,
            patience=self.patience,
            operation=self.operation,
            caller=self.caller,
        )


def open_context(options: Options) -> Context:
    """The environment that the command line names. Raises UnreachableError."""
    named = getattr(options, "kubernetes", None)
    if named and not options.dry_run:
        return _at_a_cluster(options, named)
    environment = open_environment(options.model, options.env, profile=options.profile, prompts=True)
    reached = environment.account
    dry_run = DryRun(reached, time) if options.dry_run else None
    if dry_run:
        environment = msgspec.structs.replace(environment, account=dry_run)
    endpoint = environment.endpoint
    store = PlacedStore(endpoint.store if options.fenced else endpoint.patient_store)
    if named:
        store.place = _named_place(reached, named, environment.place.endpoint)
    traffic = PlacedTraffic(
        store,
        endpoint.traffic if options.fenced else endpoint.patient_traffic,
        endpoint.scaling,
        partial(_route, reached, options, dry_run),
    )
    return Context(
        place=environment.place,
        store=store,
        traffic=traffic,
        registry=environment.registry,
        scaling=traffic,
        clock=dry_run or time,
        progress=Console(sys.stderr, dry_run=options.dry_run),
        actor=options.actor or actor(os.environ),
        operation=secrets.token_hex(8),
        patience=options.timeout,
        calls=dry_run.calls if dry_run else None,
        caller=dry_run or endpoint.caller,
        training=partial(_training, environment),
        approvals=partial(_approvals, environment),
        builds=partial(_builds, environment),
        verifying=partial(_verifying, environment),
        streams=partial(_stream, environment),
        verdicts=partial(_verdicts, environment),
    )


def _at_a_cluster(options: Options, named: str) -> Context:
    """Of an emergency: the cluster alone. AWS may be away whole; of it only a login to EKS needs something, and asks for it."""
    # As below.
    from modeldelivery.release.cli.away import Away, LaterAccount  # noqa: PLC0415
    from modeldelivery.release.cluster import Reach  # noqa: PLC0415
    from modeldelivery.release.kubernetes.traffic import KubernetesScaling  # noqa: PLC0415

    account = LaterAccount(
        lambda: open_account(options.profile or profile_for(options.env), None, prompts=True)
    )
    reach = Reach(account=account, opens=open_account, context=named.rpartition("/")[0])
    place = Place(model=options.model, environment=options.env, account="", region="")
    traffic = reach.traffic(_named_place(account, named, place.endpoint), patient=not options.fenced)
    return Context(
        place=place,
        store=Away(),
        traffic=traffic,
        registry=AwsRegistry(clients=Away(), place=place),
        scaling=KubernetesScaling(traffic=traffic),
        clock=time,
        progress=Console(sys.stderr),
        actor=options.actor or actor(os.environ),
        operation=secrets.token_hex(8),
        patience=options.timeout,
    )


def _named_place(account: Any, named: str, route: str) -> ClusterPlace:
    # As below.
    from modeldelivery.release.cluster import Reach  # noqa: PLC0415

    context, _, namespace = named.rpartition("/")
    cluster = Reach(account=account, opens=open_account, context=context).configured()
    return ClusterPlace(server=cluster.server, namespace=namespace, route=route)


def _route(
    account: Any, options: Options, dry_run: DryRun | None, place: ClusterPlace
) -> "KubernetesTraffic":
    # What only a cluster needs costs an environment on SageMaker nothing.
    from modeldelivery.release.cluster import Reach  # noqa: PLC0415 - as above

    named = getattr(options, "kubernetes", None)
    reach = Reach(account=account, opens=open_account, context=named.rpartition("/")[0] if named else None)
    traffic = reach.traffic(place, patient=not options.fenced)
    if dry_run:
        from modeldelivery.release.cli.dry_run_route import DryRunServer  # noqa: PLC0415 - as above

        traffic.server = DryRunServer(traffic.server, dry_run)
    return traffic


def _training(environment: AwsEnvironment) -> "Training":
    # What only a training needs costs a rollback nothing.
    from modeldelivery.release.aws.holdings import AwsHoldings  # noqa: PLC0415 - as above
    from modeldelivery.release.aws.pipelines import SageMakerExecutions  # noqa: PLC0415 - as above
    from modeldelivery.release.aws.sources import AwsSources  # noqa: PLC0415 - as above
    from modeldelivery.release.training_ports import Training  # noqa: PLC0415 - as above

    clients, place = environment.account.patient, environment.place
    return Training(
        executions=SageMakerExecutions(sagemaker=clients.sagemaker, name=place.pipeline),
        sources=AwsSources(clients=clients, place=place),
        holdings=AwsHoldings(clients=clients, account=place.account),
    )


def _approvals(environment: AwsEnvironment) -> "Approvals":
    # As above.
    from modeldelivery.release.aws.approvals import approvals_in  # noqa: PLC0415

    return approvals_in(environment)


def _builds(environment: AwsEnvironment) -> "Builds":
    # As above.
    from modeldelivery.release.aws.builds import CodePipelineBuilds  # noqa: PLC0415

    clients = environment.account.patient
    return CodePipelineBuilds(
        codepipeline=clients.codepipeline, codebuild=clients.codebuild, name=environment.place.build_pipeline
    )


def _verdicts(environment: AwsEnvironment) -> "VerdictStore":
    # As above.
    from modeldelivery.release.aws.verdicts import verdicts_in  # noqa: PLC0415

    return verdicts_in(environment)


def _verifying(environment: AwsEnvironment) -> "Verifying":
    # As above.
    from modeldelivery.release.aws.invocations import SageMakerInvocations  # noqa: PLC0415
    from modeldelivery.release.aws.load import LocustLoads  # noqa: PLC0415
    from modeldelivery.release.verify_ports import Verifying  # noqa: PLC0415

    endpoint = environment.place.endpoint
    return Verifying(
        invocations=SageMakerInvocations(runtime=environment.account.runtime, endpoint=endpoint),
        loads=LocustLoads(runtime=environment.account.runtime, endpoint=endpoint),
        hosts=environment.endpoint.configs,
    )


def _stream(environment: AwsEnvironment, requests: "Sequence[Request]", rate: int) -> "Stream":
    # As above.
    from modeldelivery.release.aws.sender import SageMakerSender  # noqa: PLC0415
    from modeldelivery.release.stream import Stream  # noqa: PLC0415

    sender = SageMakerSender(runtime=environment.account.runtime, endpoint=environment.place.endpoint)
    return Stream(sender, requests, rate, time)
