"""What the Pulumi program sees of the `modeldelivery` provider: its resources and its functions, typed.

Release, variants and rules are what the core's types write (`Part.plain`): Pulumi translates no name inside a plain dict.
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import msgspec
import pulumi
from pulumi.runtime import invoke

ENDPOINT = "modeldelivery:index:Endpoint"
ROUTE = "modeldelivery:index:Route"
GET_FLEET = "modeldelivery:index:getFleet"
GET_CLUSTER = "modeldelivery:index:getCluster"


class Journal(TypedDict):
    """Where the endpoint's journal lies in S3."""

    bucket: pulumi.Input[str]
    key: str


class Endpoint(pulumi.CustomResource):
    """A SageMaker endpoint and its configs; it knows that traffic belongs to the journal, not to config.

    Args:
        resource_name: the resource's name in the program.
        endpoint_name: SageMaker's name of the endpoint; clients know it.
        region: the AWS region it is in.
        allowed_accounts: the accounts that may be touched; any other is refused before the first call that changes.
        profile: the AWS profile to use; the default chain without one.
        release: the versions that config asks for, a Release.
        variants: the same versions with what they run on, in the fleet's order, each a Member.
        rules: what the environment demands of a change, Rules.
        journal: where the journal lies.
        kms_key_arn: encrypts the instances' volumes.
        capture: what of the invocations is kept, and where, a Capture; nothing without one.
        approvals: what the registry says of each version; policies read it, nothing on the endpoint depends on it.
        tags: tags of the endpoint and its configs.
        ignore_tags: tags of it that others manage, IgnoredTags.
        opts: resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        endpoint_name: str,
        region: str,
        allowed_accounts: Sequence[str],
        release: Mapping[str, object],
        variants: Sequence[Mapping[str, object]],
        rules: Mapping[str, object],
        journal: Journal,
        profile: str | None = None,
        kms_key_arn: pulumi.Input[str] | None = None,
        capture: Mapping[str, object] | None = None,
        approvals: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        ignore_tags: Mapping[str, object] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "endpointName": endpoint_name,
            "region": region,
            "allowedAccounts": allowed_accounts,
            "profile": profile,
            "release": release,
            "variants": variants,
            "rules": rules,
            "journal": journal,
            "kmsKeyArn": kms_key_arn,
            "capture": capture,
            "approvals": approvals,
            "tags": tags,
            "ignoreTags": ignore_tags,
            "arn": None,
            "name": None,
        }
        super().__init__(ENDPOINT, resource_name, props, opts)

    @property
    @pulumi.getter
    def arn(self) -> pulumi.Output[str]:  # type: ignore[empty-body]  # pulumi.getter writes it
        """The endpoint's ARN."""

    @property
    @pulumi.getter
    def name(self) -> pulumi.Output[str]:  # type: ignore[empty-body]  # pulumi.getter writes it
        """The endpoint's name."""


class Route(pulumi.CustomResource):
    """An HTTPRoute over the Deployments of a model's versions; it knows that traffic belongs to the journal, not to config.

    Args:
        resource_name: the resource's name in the program.
        route_name: the HTTPRoute's name; clients do not see it.
        namespace: where it is, and what it leads to.
        server: address of the one cluster that may be touched.
        context: of the kubeconfig; without one, any that leads to the server.
        entrance: how requests come to it, an Entrance.
        region: the AWS region of the registry.
        allowed_accounts: the accounts that may be touched; any other is refused before the first call that changes.
        profile: the AWS profile to use; the default chain without one.
        release: the versions that config asks for, a Release.
        variants: the same versions with what serves them, in the fleet's order, each a RouteMember.
        rules: what the environment demands of a change, Rules.
        journal: where the journal lies.
        approvals: what the registry says of each version; policies read it, nothing on the route depends on it.
        labels: of the route.
        delivery: by whom the versions are delivered from Git, a Delivery; None where the program does.
        opts: resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        route_name: str,
        namespace: pulumi.Input[str],
        server: str,
        entrance: Mapping[str, object],
        region: str,
        allowed_accounts: Sequence[str],
        release: Mapping[str, object],
        variants: Sequence[Mapping[str, object]],
        rules: Mapping[str, object],
        journal: Journal,
        context: str | None = None,
        profile: str | None = None,
        approvals: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        delivery: Mapping[str, object] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "routeName": route_name,
            "namespace": namespace,
            "server": server,
            "context": context,
            "entrance": entrance,
            "region": region,
            "allowedAccounts": allowed_accounts,
            "profile": profile,
            "release": release,
            "variants": variants,
            "rules": rules,
            "journal": journal,
            "approvals": approvals,
            "labels": labels,
            "delivery": delivery,
            "name": None,
        }
        super().__init__(ROUTE, resource_name, props, opts)

    @property
    @pulumi.getter
    def name(self) -> pulumi.Output[str]:  # type: ignore[empty-body]  # pulumi.getter writes it
        """The route's name."""


class RegisteredVersion(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"
):
    """A version as the registry knows it.

    Attributes:
        version: `vMAJOR.MINOR.PATCH`.
        digest: id of its digest set, `sha256:<hex>`.
        image: the serving image by digest, `<repository>@sha256:<hex>`.
        model_data: s3 URI of `model.tar.gz`.
        model_digest: digest of `model.tar.gz`, `sha256:<hex>`.
        data_revision: revision of the training data.
        package_arn: ARN of its SageMaker model package.
        approval: of the package: Approved, Rejected or PendingManualApproval.
        requests_per_minute: that one instance of the type was measured to serve; None where nobody measured it.
        measured_in: the environment in which it was.
        baseline: whether its evidence holds what data drift is judged against.
    """

    version: str
    digest: str
    image: str
    model_data: str
    model_digest: str
    data_revision: str
    package_arn: str
    approval: str
    requests_per_minute: float | None = None  # the engine hands every number over as one
    measured_in: str | None = None
    baseline: bool = False


class Fleet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """`getFleet`'s answer.

    Attributes:
        versions: those that config names in its order, then those that are there by rule; none when nothing is registered yet and
            nothing ever served here.
        step_image: the newest image of the training pipeline's steps, by digest; None where nobody asked, or there is none yet.
    """

    versions: tuple[RegisteredVersion, ...]
    step_image: str | None = None


def get_fleet(
    *,
    model: str,
    environment: str,
    account: str,
    region: str,
    profile: str | None,
    live: str | None,
    fleet: Sequence[str],
    candidates: int = 0,
    instance_type: str | None = None,
    steps: bool = False,
) -> Fleet:
    """Look up the fleet's versions in the registry, at once: which resources there are depends on the answer.

    Args:
        model: its name.
        environment: the environment's name.
        account: its AWS account.
        region: its region.
        profile: the AWS profile to use.
        live: the version that config asks to serve.
        fleet: the versions that config names.
        candidates: how many of the newest approved versions above `live` join by rule.
        instance_type: that the fleet runs on: what one instance of it serves is looked up too.
        steps: whether the image of the training pipeline's steps is looked up too.

    Raises:
        pulumi.RunError: the provider's sentence, for example for a version that is not registered.
    """
    args = {
        "model": model,
        "environment": environment,
        "account": account,
        "region": region,
        "profile": profile,
        "live": live,
        "fleet": fleet,
        "candidates": candidates,
        "instanceType": instance_type,
        "steps": steps,
    }
    try:
        answer = invoke(GET_FLEET, args).value
    except Exception as refusal:  # Pulumi raises nothing more precise for a refused invoke
        raise pulumi.RunError(_sentence(GET_FLEET, str(refusal))) from refusal
    return msgspec.convert(answer, Fleet)


def require_cluster(context: str, server: str) -> None:
    """See that a context of the kubeconfig leads to the one cluster that may be touched, before anything is sent there.

    Args:
        context: its name.
        server: the cluster's address, or `https://` and the name that its certificate carries.

    Raises:
        pulumi.RunError: the provider's sentence: there is no such context, or it leads elsewhere.
    """
    try:
        invoke(GET_CLUSTER, {"context": context, "server": server})
    except Exception as refusal:  # as above
        raise pulumi.RunError(_sentence(GET_CLUSTER, str(refusal))) from refusal


def _sentence(function: str, error: str) -> str:
    """The provider's own words, without what the SDK and the engine put before them."""
    return error.removeprefix(f"invoke of {function} failed: ").removeprefix(
        f"invocation of {function} returned an error: "
    )
