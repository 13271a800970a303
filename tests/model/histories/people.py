"""Who does what in a random history: config is edited and deployed, operators roll back, accept, reject, adopt, act without the journal."""

from collections.abc import Callable
from functools import partial

import msgspec

from modeldelivery.release.core import accept, reject, resize, rollback, sanity, up
from modeldelivery.release.core.accept import Accept
from modeldelivery.release.core.action import Done
from modeldelivery.release.core.adopt import Adopt
from modeldelivery.release.core.intent import foreseen
from modeldelivery.release.core.reject import Reject
from modeldelivery.release.core.request import Release, Request
from modeldelivery.release.core.resize import Resize
from modeldelivery.release.core.resolve import resolve
from modeldelivery.release.core.rollback import Rollback
from modeldelivery.release.core.up import Up
from modeldelivery.release.errors import DamagedError, DeliveryError, GaveUpError, RefusedError
from modeldelivery.release.operations import adopt, unrecorded
from modeldelivery.release.runner import Runner
from modeldelivery.release.version import Version
from tests.model.histories.cloud import Cloud
from tests.model.histories.ports import Ports
from tests.model.histories.process import Process
from tests.model.histories.rules import Preview, Rules
from tests.model.world import config_name

VERSIONS = tuple(Version(f"v1.{minor}.0") for minor in range(4))
DIGESTS = {
    VERSIONS[0]: "a",
    VERSIONS[1]: "b",
    VERSIONS[2]: "c",
    VERSIONS[3]: "b",
}  # two names of the same bits
PATIENCE = 300.0


class People:
    """Begins operations; each one's name is its operation's id and its actor's."""

    def __init__(self, cloud: Cloud, rules: Rules) -> None:
        self._cloud, self._rules = cloud, rules
        self.release = Release(live=VERSIONS[0], fleet=VERSIONS[:2])
        self._count = 0

    def edit(self) -> None:
        """Config changes: another live version, or another fleet."""
        chance, fleet = self._cloud.chance, list(self.release.fleet)
        live = self.release.live
        match chance.choice(("live", "live", "live", "add", "drop", "swap")):
            case "live":
                live = chance.choice(fleet)
            case "add":
                fleet = sorted({*fleet, chance.choice(VERSIONS)})
            case "drop" if len(fleet) > 1:
                fleet.remove(chance.choice([v for v in fleet if v != live]))
            case _:
                live = chance.choice(VERSIONS)
                fleet = sorted({live, chance.choice(fleet), chance.choice(VERSIONS)})
        self.release = Release(live=live, fleet=tuple(fleet))
        self._cloud.tell(f"config: live {live}, fleet {' '.join(fleet)}")

    def an_up(self) -> Process | None:
        """`pulumi up` of config as it is now, with its preview of this moment; None when the preview refuses."""
        name, cloud = self._name("up"), self._cloud
        endpoint = cloud.host.described() if cloud.host else None
        fleet = self.release.fleet
        if sanity.fault(cloud.journal, cloud.now):
            cloud.tell(f"{name}: its preview refuses: the journal cannot be true")
            return None
        request = Request(release=self.release, digests={v: DIGESTS[v] for v in fleet})
        try:
            plan = resolve(request, foreseen(cloud.journal, endpoint), endpoint, cloud.now)
        except RefusedError as error:
            cloud.tell(f"{name}: its preview refuses: {error}")
            return None
        goal = Up(
            operation=name,
            actor=name,
            request=request,
            shown=plan.weights,
            serving=endpoint.current if endpoint else None,
            config=config_name,
        )
        self._rules.previews[name] = Preview(cloud, dict(plan.weights))
        cloud.tell(f"{name}: its preview shows {plan.weights}")
        return self._begin(name, goal, lambda ports: self._deploy(goal, ports))

    def _deploy(self, goal: Up, ports: Ports) -> Done:
        """As the provider does: what config changed in number is asked for last, and nothing that becomes of that fails the `up`."""
        done = _runner(ports).run(partial(up.decide, goal))
        looked = ports.journal, ports.looked, ports.looked_at  # by which it reports
        for version in done.resizes:
            command = Resize(
                operation=f"{goal.operation}-{version}",
                actor=goal.actor,
                version=version,
                instances=self._cloud.counts[version],
            )
            try:
                _runner(ports, command.operation).run(partial(resize.decide, command))
            except (DamagedError, GaveUpError):
                raise
            except DeliveryError as error:
                warning = f"{version} stays at its instances: {error}"
                self._cloud.tell(f"{goal.operation} warns: {warning}")
                done = msgspec.structs.replace(done, warnings=(*done.warnings, warning))
        ports.journal, ports.looked, ports.looked_at = looked
        return done

    def a_rollback(self, to: Version | None = None, *, keep: bool = False, unscaled: bool = True) -> Process:
        name = self._name("rollback")
        goal = Rollback(operation=name, actor=name, reason="5xx", to=to, keep=keep, unscaled=unscaled)
        self._cloud.tell(f"{name}: to {to}, keep {keep}")
        return self._begin(name, goal, lambda ports: _runner(ports).run(partial(rollback.decide, goal)))

    def an_accept(self, version: Version) -> Process:
        name = self._name("accept")
        goal = Accept(operation=name, actor=name, reason="repaired", version=version)
        self._cloud.tell(f"{name}: {version}")
        return self._begin(name, goal, lambda ports: _runner(ports).run(partial(accept.decide, goal)))

    def a_reject(self, version: Version) -> Process:
        name = self._name("reject")
        goal = Reject(operation=name, actor=name, reason="bad data", version=version, digest=DIGESTS[version])
        self._cloud.tell(f"{name}: {version}")
        return self._begin(name, goal, lambda ports: _runner(ports).run(partial(reject.decide, goal)))

    def an_adopt(self) -> Process:
        name = self._name("adopt")
        goal = Adopt(operation=name, actor=name, reason="it was me")
        return self._begin(name, goal, lambda ports: adopt.run(goal, _runner(ports)))

    def an_emergency(self, to: Version) -> Process:
        """`rollback --without-journal --to …`."""
        name = self._name("emergency")
        goal = unrecorded.Unrecorded(operation=name, actor=name, reason="S3 is away", to=to)
        self._cloud.tell(f"{name}: to {to}")
        return self._begin(name, goal, lambda ports: unrecorded.move(goal, ports, ports, ports, PATIENCE))

    def anything(self) -> Process | None:
        """Whatever comes to somebody's mind."""
        cloud = self._cloud
        chance = cloud.chance
        present = [v for v, _ in cloud.host.variants] if cloud.host else list(VERSIONS[:1])
        match chance.choices(("up", "rollback", "accept", "adopt", "emergency"), (6, 6, 2, 1, 1))[0]:
            case "up":
                if chance.random() < 0.8:
                    self.edit()
                return self.an_up()
            case "rollback":
                to = chance.choice((None, None, chance.choice(present)))
                return self.a_rollback(to, keep=chance.random() < 0.3, unscaled=chance.random() < 0.5)
            case "accept":
                rejected = [r.version for r in cloud.journal.rejections]
                return (
                    self.an_accept(chance.choice(rejected))
                    if rejected
                    else self.a_reject(chance.choice(VERSIONS))
                )
            case "adopt":
                return self.an_adopt()
        return self.an_emergency(chance.choice(present))

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def _begin(self, name: str, goal: object, run: Callable[[Ports], object]) -> Process:
        self._rules.goals[name] = goal

        def body(process: Process) -> object:
            ports = Ports(self._cloud, process, self._rules)
            result = run(ports)
            self._cloud.tell(f"{name} ends: {result.summary if hasattr(result, 'summary') else 'well'}")
            self._rules.ended(ports, result)
            return result

        return Process(name, body)


def _runner(ports: Ports, operation: str = "") -> Runner:
    return Runner(
        store=ports,
        traffic=ports,
        fleet=ports,
        clock=ports,
        progress=ports,
        patience=PATIENCE,
        operation=operation or ports.who,
    )
