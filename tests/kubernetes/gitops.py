"""An environment whose versions Argo CD delivers from a repository of its own, as config and `make render` have it; its pods are echo containers."""

import itertools
import os
from dataclasses import dataclass

import msgspec

from components.kubernetes import admission, argocd, manifests
from infra import folder
from modeldelivery.provider.sdk import RegisteredVersion
from modeldelivery.release.core.journal import Served
from modeldelivery.release.core.request import Entrance
from modeldelivery.release.naming import Place, parse_environment, parse_model, variant_name
from sandbox.kubernetes.layout import GATEWAY, GATEWAY_NAMESPACE
from tests.faults.delivery import A, B
from tests.faults.update import update
from tests.kubernetes.cluster import PORT, until
from tests.kubernetes.delivery import ACCOUNT, PROFILE, REGION, ROUTES, SETTLE, RouteDelivery, digest
from tests.kubernetes.repository import Repository

APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
PLURALS = {
    "AppProject": "appprojects",
    "Application": "applications",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
}
PODS = {"millicores": 50, "memory": "64Mi", "min": 1, "max": 2, "target_cpu_percent": 70}
WAIT = 300.0  # seconds; a machine may be busy
_numbers = itertools.count(1)


@dataclass
class GitDelivery(RouteDelivery):
    """A route over what Git delivers, and the repository in which its folder is committed."""

    repository: Repository | None = None
    image: str = ""

    def release(self, live, *fleet):
        """Write config, as far as `up` reads it."""
        super().release(live, *fleet)
        del self.news["labels"]
        self.news["variants"] = [
            {"version": v, "digest": digest(v), "name": self.named(v), "port": PORT} for v in fleet
        ]
        self.news["delivery"] = {"application": self.name, "namespace": "argocd", "path": self.path}

    def up(self):
        self.state, changed = update(self.state, self.news, timeout=WAIT)
        return changed

    @property
    def name(self):
        """Of route, project and Application."""
        return self.place.endpoint

    @property
    def path(self):
        return f"deploy/{self.place.environment}"

    def named(self, version):
        return f"{self.name}-{variant_name(version)}"

    @property
    def weights(self):
        refs = self.route["spec"]["rules"][0]["backendRefs"]
        return {each["name"].removeprefix(f"{self.name}-").replace("-", "."): each["weight"] for each in refs}

    @property
    def application(self):
        return self.hosting.namespace.cluster.api.get(f"{APPLICATIONS}/{self.name}")

    def rules_managers(self):
        """Who owns the route's rules, by the API server's own record."""
        return {
            each["manager"]
            for each in self.route["metadata"]["managedFields"]
            if "f:rules" in each["fieldsV1"].get("f:spec", {})
        }

    def commit(self, *versions, labels=None, message="change", also=None):
        """Render the folder of these versions, commit and push it; the commit.

        Args:
            versions: of the fleet.
            labels: further ones of the route.
            message: of the commit.
            also: changes the manifests before they are written.
        """
        shape = {
            "route": self.name,
            "namespace": self.hosting.namespace.name,
            "region": REGION,
            "pods": PODS,
            "labels": {"app.kubernetes.io/name": self.place.model},
        }
        entrance = Entrance(gateway=GATEWAY, gateway_namespace=GATEWAY_NAMESPACE, hostname=self.host)
        journal = f"s3://{self.place.registry_bucket}/{self.place.journal_key}"
        files = manifests.folder(shape, [self._record(v) for v in versions], entrance, journal)
        files["route.yaml"][0]["metadata"]["labels"].update(labels or {})
        for version in versions:
            self._echo(files[f"{version}.yaml"], version)
        if also:
            also(files)
        place = self.repository.checkout / self.path
        place.mkdir(parents=True, exist_ok=True)
        for each in place.iterdir():
            each.unlink()
        for name, text in folder.written(files, "Written by a test.").items():
            (place / name).write_text(text)
        return self.repository.push(message)

    def refresh(self):
        """As a webhook does."""
        body = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
        self.hosting.namespace.cluster.api.patch(f"{APPLICATIONS}/{self.name}", body)

    def synced(self, commit):
        """Wait until Argo CD has delivered a commit, and writes nothing any more: Synced is said before all is written."""
        self.refresh()
        until(
            lambda: self.sync == ("Synced", commit) and not self.syncs,
            WAIT,
            lambda: self.application["status"],
        )

    def looked(self):
        """Wait until Argo CD has looked at what is there, as somebody changed it just now.

        Twice: the first look that ends may have begun before that.
        """
        for _ in range(2):
            before = self.application["status"].get("reconciledAt")

            def anew(before=before):
                self.refresh()
                return self.application["status"].get("reconciledAt") != before

            until(anew, WAIT)

    @property
    def syncs(self):
        """Whether a sync is under way."""
        state = self.application["status"].get("operationState", {})
        return "operation" in self.application or state.get("phase") == "Running"

    @property
    def sync(self):
        """Status, and the commit that it is of."""
        sync = self.application.get("status", {}).get("sync", {})
        return sync.get("status"), sync.get("revision")

    def sync_result(self):
        """What the last sync said of each object, and in all."""
        operation = self.application["status"].get("operationState", {})
        results = (operation.get("syncResult") or {}).get("resources") or []
        return "\n".join([operation.get("message", ""), *(each.get("message", "") for each in results)])

    def _record(self, version):
        return RegisteredVersion(
            version=version,
            digest=digest(version),
            image=self.image,
            model_data="s3://registry/model.tar.gz",
            model_digest=digest(version),
            data_revision="data",
            package_arn="",
            approval="Approved",
        )

    def _echo(self, objects, version):
        """A version's pods are the echo container, which says the version's name."""
        probe = {"httpGet": {"path": "/ping", "port": PORT}, "periodSeconds": 1}
        objects[0]["spec"]["template"]["spec"] = {
            "terminationGracePeriodSeconds": 2,
            "containers": [
                {
                    "name": "server",
                    "image": self.image,
                    "env": [
                        {"name": "SM_MODEL_DIR", "value": "/opt/ml/model"},
                        {"name": "SAGEMAKER_BIND_TO_PORT", "value": str(PORT)},
                    ],
                    "readinessProbe": probe,
                    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
                    "volumeMounts": [{"name": "model", "mountPath": "/opt/ml/model"}],
                }
            ],
            "volumes": [{"name": "model", "configMap": {"name": variant_name(version)}}],
        }


def made(hosted, folder_of_tests, image, versions):
    """An environment that is not released yet: its objects, as `pulumi up` makes them, and an empty repository."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    place = Place(
        model=parse_model(f"g-{worker}-{next(_numbers)}"),
        environment=parse_environment(PROFILE),
        account=ACCOUNT,
        region=REGION,
    )
    hosted.sandbox.client(PROFILE, "s3").create_bucket(
        Bucket=place.registry_bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    repository = Repository.made(folder_of_tests / place.endpoint)
    delivery = GitDelivery(hosted, place, settle=SETTLE, repository=repository, image=image)
    for version in versions:
        name = variant_name(version)
        data = {"behaviour.json": f'{{"name": "{name}"}}'}
        hosted.namespace.put("core", "configmaps", "ConfigMap", name, data=data)
    apply(delivery)
    return delivery


def objects(delivery):
    """Of the environment beside its versions."""
    namespace, labels, name = delivery.hosting.namespace.name, {"team": "ml"}, delivery.name
    repository = delivery.repository.url
    return [
        *admission.membership(namespace, labels, name),
        *admission.traffic(namespace, labels, name),
        *argocd.only_from_git(namespace, labels, name, []),
        *argocd.only_by_config(namespace, labels, name),
        argocd.project(name, namespace, labels, repository),
        argocd.application(
            name, namespace, labels, repository=repository, path=delivery.path, revision="main"
        ),
    ]


def path(manifest):
    """Of a manifest's object."""
    within = manifest["metadata"].get("namespace")
    base = f"/apis/{manifest['apiVersion']}" + (f"/namespaces/{within}" if within else "")
    return f"{base}/{PLURALS[manifest['kind']]}/{manifest['metadata']['name']}"


def apply(delivery):
    """As a deployer."""
    for manifest in objects(delivery):
        delivery.hosting.namespace.cluster.api.apply(path(manifest), manifest)


def remove(delivery):
    """Everything of it in the cluster but its namespace."""
    api = delivery.hosting.namespace.cluster.api
    for manifest in reversed(objects(delivery)):
        api.delete(path(manifest))
    api.delete(delivery.hosting.namespace.path(ROUTES, "httproutes", delivery.name))


def delivered(hosted, folder_of_tests, image, versions):
    """An environment on which A serves, after B, and B is kept warm, from its first commit."""
    delivery = made(hosted, folder_of_tests, image, versions)
    delivery.release(A, A, B)
    delivery.commit(A, B, message="the first two")
    delivery.up()
    served = (Served(version=B, since=1.0, whole=1.0), *delivery.journal.served)
    delivery.write(msgspec.structs.replace(delivery.journal, served=served))
    until(lambda: delivery.answers() == {variant_name(A)}, WAIT)
    return delivery
