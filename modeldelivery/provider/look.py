"""What check and diff judge by: config's inputs beside the endpoint and its journal, on whichever platform they are."""

from collections.abc import Iterator, Mapping

import msgspec

from modeldelivery.provider.inputs import Inputs
from modeldelivery.release.approval import APPROVED
from modeldelivery.release.core import lost, weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.intent import foreseen
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.request import Capture, Member, RouteMember
from modeldelivery.release.core.resolve import Plan, resolve
from modeldelivery.release.core.target import refuse_another
from modeldelivery.release.operations import health
from modeldelivery.release.operations.health import Code, Finding, Observed
from modeldelivery.release.operations.latest_drill import standing
from modeldelivery.release.ports import Stored
from modeldelivery.release.version import Version

# What the plan itself warns of, in the words of what it will do about it; and an endpoint that is not there is made, which the
# preview shows. (One that gets another name is not there yet, and nothing is missing.)
_TOLD_BY_THE_PLAN = frozenset({Code.FOREIGN_TRAFFIC, Code.REJECTED_SERVES, Code.MISSING})


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What check saw of the world, for the diff that follows it.

    Attributes:
        stored: the journal; None before there is a registry.
        members: what each version on the endpoint runs on, digests left empty.
        capture: what of its invocations is kept; None for nothing.
        owner: the journal that the endpoint names, where there is an endpoint and no journal.
        mark: what the endpoint says of a move without the journal.
        unscaled: versions on the endpoint that nothing scales; None when that cannot be told.
        others: further inputs that the endpoint does not have yet.
    """

    stored: Stored | None
    endpoint: Endpoint | None
    members: Mapping[Version, Member | RouteMember]
    capture: Capture | None = None
    owner: str | None = None
    mark: str | None = None
    unscaled: frozenset[Version] | None = None
    others: frozenset[str] = frozenset()

    @property
    def journal(self) -> Journal:
        return self.stored.journal if self.stored else Journal()

    @property
    def serving(self) -> dict[Version, int]:
        """Shares of 100, of what is on the endpoint."""
        return weights.shares(self.endpoint.current) if self.endpoint else {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is not as it should be and is not in the plan's warnings."""
        observed = Observed(
            journal=self.journal,
            recorded=self.stored is None or self.stored.etag is not None,
            endpoint=self.endpoint,
            mark=self.mark,
            unscaled=self.unscaled,
            now=self.stored.now if self.stored else None,
        )
        return tuple(each for each in health.findings(observed) if each.code not in _TOLD_BY_THE_PLAN)

    def counts(self, inputs: Inputs) -> Iterator[str]:
        """Versions that run on another number of instances than config asks for, where no change and no scaling mends that.

        By its configuration the endpoint is as config wants. What the journal still has to be asked for, this `up` asks for.
        """
        if self.endpoint is None or self.endpoint.busy:
            return
        for version in sorted((self.unscaled or frozenset()) - self.journal.parked.keys()):
            wanted, member = inputs.members.get(version), self.members.get(version)
            desired = self.endpoint.variants[version].instances_desired
            if not isinstance(wanted, Member) or not isinstance(member, Member):
                continue
            if not wanted.instance_count == member.instance_count != desired:
                continue
            if version in self.journal.resizes:
                yield f"{version} goes from {desired} to {wanted.instance_count} instances: an earlier `pulumi up` did not come to that"
            else:
                yield (
                    f"{version} stays at {desired} instances, config asks for {wanted.instance_count}: nothing scales it, and "
                    f"a rollback left it so"
                )

    def drill(self, inputs: Inputs) -> str | None:
        """How the latest drill stands to what is demanded, for the policy `drill`; None where nothing is."""
        within = inputs.rules.drill_within_days
        return standing(self.journal, within, self.stored.now) if within and self.stored else None

    def unapproved(self, inputs: Inputs) -> Iterator[str]:
        """Versions that would join without an approval. The policy `approved-models` refuses them; an `up` without it does not."""
        for version in inputs.release.fleet:
            status = inputs.approvals.get(version, APPROVED)
            if version not in self.serving and status != APPROVED:
                yield (
                    f"{version} would join the fleet, and the registry says {status} of it: `modelctl approve {version} "
                    f"--reason …` first"
                )

    def plan(self, inputs: Inputs) -> Plan:
        """What an `up` would do now. Raises RefusedError, BadInputError, DamagedError."""
        lost.refuse(self.journal, self.owner)
        refuse_another(self.journal, inputs.place)
        now = self.stored.now if self.stored else 0.0
        return resolve(inputs.request, foreseen(self.journal, self.endpoint), self.endpoint, now)

    def differing(self, inputs: Inputs) -> set[str]:
        """Inputs that the endpoint does not have yet."""
        if self.endpoint is None:
            return {"variants", "weights"}
        changed = set(self.others)
        if not weights.same(versions(inputs.weights) or {}, versions(inputs.serving_at_check) or {}):
            changed.add("weights")
        wanted = {v: msgspec.structs.replace(m, digest="") for v, m in inputs.members.items()}
        if wanted != self.members:
            changed.add("variants")
        if inputs.kept_requests != self.capture:
            changed.add("capture")
        pending = self.journal.intent or self.journal.parked or self.journal.resizes
        if self.journal.live != inputs.release.live or pending:
            changed.add("release")  # whoever comes settles what is pending
        if self.endpoint.remedy:
            changed.add("release")  # it is not as config asks: never "unchanged"
        return changed


def versions(mapping: Mapping[str, int] | None) -> dict[Version, int] | None:
    """Weights as they come over the wire, typed."""
    return {Version(v): w for v, w in mapping.items()} if mapping is not None else None
