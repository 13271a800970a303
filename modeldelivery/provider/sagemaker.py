"""A SageMaker endpoint brought to what the resource's inputs say, and taken away again."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from modeldelivery.provider.inputs import NOT_YET, EndpointInputs
from modeldelivery.provider.look import Seen
from modeldelivery.provider.target import ReleaseTarget, new_operation, whoever
from modeldelivery.release.aws.configs import capture_in, members_in
from modeldelivery.release.aws.errors import ask, find
from modeldelivery.release.aws.traffic import DEAD, SageMakerTraffic
from modeldelivery.release.core import resize
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import (
    DamagedError,
    DeliveryError,
    GaveUpError,
    UncertainError,
    UnreachableError,
)
from modeldelivery.release.patience import Patience
from modeldelivery.release.version import Version

T = TypeVar("T")


class SageMakerTarget(ReleaseTarget, frozen=True, kw_only=True):
    """Where one resource is carried out. Everything raises DeliveryError.

    Attributes:
        inputs: what config wants.
        import_type: of the resource, for the sentence that says how to import an endpoint.
    """

    inputs: EndpointInputs
    import_type: str

    def look(self) -> Seen:
        """Journal and endpoint; before the registry exists there is neither."""
        stored = None if self.inputs.journal.bucket == NOT_YET else self.aws.patient_store.read()
        traffic = self.aws.patient_traffic
        described = traffic.describe()
        if described is None:
            return Seen(stored=stored, endpoint=None, members={})
        config = self.aws.configs.describe(described.config) if described.config else None
        return Seen(
            stored=stored,
            endpoint=described,
            members=members_in(config),
            capture=capture_in(config),
            mark=self._beside("the endpoint's tags", traffic.marked),
            unscaled=self._beside("autoscaling", lambda: self.aws.scaling.unscaled(described.variants)),
            owner=traffic.owner() if stored and stored.journal == Journal() else None,
        )

    def _beside(self, what: str, look: Callable[[], T]) -> T | None:
        """Something that decides nothing here: a role that may not look at it is warned, not refused."""
        try:
            return look()
        except DeliveryError as error:
            self.progress.warning(f"{what} cannot be looked at: {error}")
            return None

    def up(self) -> str:
        """Carry `up` out, then sweep the configs that it, or one that died before its own sweep, left behind; the ARN."""
        configs = self.aws.configs
        described = self.aws.patient_traffic.describe()
        fleet = self.aws.fleet(
            self.inputs.members,
            current=configs.members(described.config) if described else {},
            kms_key=self.inputs.kms_key_arn,
            capture=self.inputs.capture,
            tags=self.inputs.tags,
        )
        traffic = self.aws.traffic
        resizes = self.carry_out(self.inputs, traffic, fleet)
        unscaled = self._beside("autoscaling", lambda: self.aws.scaling.unscaled(resizes))
        if unscaled is not None:
            for version in resizes:
                self._resize(traffic, version, scaled=version not in unscaled)
        assert traffic.arn is not None, "an `up` ends with what it saw"
        self._sweep(traffic.config)
        return traffic.arn

    def _resize(self, traffic: SageMakerTraffic, version: Version, *, scaled: bool) -> None:
        """Bring one version to the count that config asks for, weights as they are; one that SageMaker refuses is warned of.

        Then it is left in the journal, and the next `up` asks again. Of one that something scales by now, that is not its count.
        """
        instances = self.inputs.members[version].instance_count
        command = resize.Resize(
            operation=new_operation(),
            actor=whoever(),
            version=version,
            instances=None if scaled else instances,
        )
        try:
            self.runner(command.operation, traffic).run(partial(resize.decide, command))
        except GaveUpError as error:  # or the user's interrupt
            raise GaveUpError(error.message) from error
        except DamagedError:
            raise
        except DeliveryError as error:
            self.progress.warning(f"{version} stays at its instances, config asks for {instances}: {error}")

    def _sweep(self, using: str) -> None:
        """Delete configs that are not used any more. What serves is right already, so nothing here fails the `up`."""
        try:
            self.aws.configs.sweep(using=using)
        except DeliveryError as error:
            self.progress.warning(
                f"endpoint configurations that nothing uses are left; the next change sweeps them: {error}"
            )

    def clear_the_way(self) -> None:
        """An endpoint of that name is this stack's own or nobody's to touch; a broken one of its own goes first."""
        traffic = self.aws.patient_traffic
        described = traffic.describe()
        if described is None:
            return
        if not self._owns(traffic):
            name = self.aws.name
            raise UnreachableError(
                f"endpoint {name} exists and is not this stack's. To manage it from here",
                hint=f"`pulumi import {self.import_type} {name} {traffic.arn}`",
            )
        if described.word == DEAD:
            self.progress.note(
                f"deleting the endpoint that an earlier `up` left {described.word}: {described.failure}"
            )
            self._delete()

    def delete(self) -> None:
        """Delete the endpoint, wait until it is gone, and sweep its configs."""
        self._delete()
        self.aws.configs.sweep(using="")

    def finish(self, id_: str, old_inputs: Mapping[str, Any]) -> None:
        """The endpoint's tags."""
        self.retag(id_, old_inputs.get("tags") or {})

    def _delete(self) -> None:
        traffic, name = self.aws.patient_traffic, self.aws.name
        sagemaker = self.aws.account.patient.sagemaker
        waiting, requested = Patience(self.clock, self.progress, self.patience), False
        while True:
            try:
                described = traffic.describe()
                if described is None:
                    return
                if not requested and not described.busy:
                    find(
                        f"sagemaker:DeleteEndpoint {name}",
                        lambda: sagemaker.delete_endpoint(EndpointName=name),
                    )
                    requested = True
                why = f"deleting the endpoint, which is {described.word}"
            except UncertainError as error:
                why = str(error)
            waiting.pause(why)

    def kept(self) -> str | None:
        """ARN of an endpoint of this stack that a failed create left and the next `up` can go on with."""
        traffic = self.aws.patient_traffic
        try:
            described = traffic.describe()
            kept = described is not None and not described.broken and self._owns(traffic)
        except DeliveryError:
            return None  # AWS is silent: the endpoint is found by its tag next time
        return traffic.arn if kept else None

    def retag(self, arn: str, olds: Mapping[str, str]) -> None:
        """Bring the endpoint's tags from what config said to what it says."""
        news = self.inputs.tags
        if olds == news:
            return
        sagemaker = self.aws.account.patient.sagemaker
        gone: Sequence[str] = [k for k in olds if k not in news and not self.inputs.ignore_tags.has(k)]
        fresh: list[Any] = [{"Key": k, "Value": v} for k, v in news.items()]
        if gone:
            ask("sagemaker:DeleteTags", lambda: sagemaker.delete_tags(ResourceArn=arn, TagKeys=gone))
        if fresh:
            ask("sagemaker:AddTags", lambda: sagemaker.add_tags(ResourceArn=arn, Tags=fresh))

    def _owns(self, traffic: SageMakerTraffic) -> bool:
        return traffic.arn is not None and self.aws.configs.owns(traffic.arn)
