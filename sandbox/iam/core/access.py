"""What is judged: someone, an action, a resource, and what is known around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.iam.core.document import Policy

# A condition key's value; None: the request has no such key.
Value = str | tuple[str, ...] | None


@dataclass(frozen=True)
class Context:
    """Values of condition keys, by name in lower case.

    Of a key that is here its value is known, None included; so it is of every key that begins with one of `families`
    (tags: what is not given is absent). Of any other key nothing is known, and what hangs on it is not judged.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    families: tuple[str, ...] = ()

    def knows(self, key: str) -> bool:
        return key in self.values or key.startswith(self.families)

    def get(self, key: str) -> Value:
        return self.values.get(key)

    def __or__(self, other: "Context") -> "Context":
        return Context({**self.values, **other.values}, self.families + other.families)


@dataclass(frozen=True)
class Need:
    """One permission that a call takes."""

    action: str  # "s3:GetObject"
    resource: str  # an ARN, or "*" where the action knows no resource
    context: Context = field(default_factory=Context)


@dataclass(frozen=True)
class Principal:
    """Someone who calls."""

    arn: str  # as AWS's errors name it: of a role's session, a user, or a service's name
    account: str  # "" of a service
    kind: str = "AWS"  # as in a policy's Principal: AWS, Service or Federated
    role: str = ""  # of a session: the role's ARN

    @property
    def names(self) -> tuple[str, ...]:
        """What a policy may call exactly this one."""
        return (f"{self.kind} {self.arn}", *((f"AWS {self.role}",) if self.role else ()))


@dataclass(frozen=True)
class Caller:
    """A principal, and what its own policies say; an administrator's policies allow everything."""

    principal: Principal
    policies: tuple[Policy, ...] = ()
    administrator: bool = False


@dataclass(frozen=True)
class Owned:
    """Whose a resource is, and what its policy says.

    `gated`: without its own policy's word nobody may use it, identity policies notwithstanding (KMS keys, trust in
    roles).
    """

    account: str
    policy: Policy | None = None
    gated: bool = False
