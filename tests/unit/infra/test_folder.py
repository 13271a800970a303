"""The folder that Argo CD delivers: its files, and where they are not what config and registry say."""

import yaml

from infra import folder, manifests
from infra.stack_files import stacks
from modeldelivery.provider.sdk import RegisteredVersion
from tests.components.conftest import PROJECT, record
from tests.unit.infra.test_serving import cluster, settings

DELIVER = {"repository": "https://git.example.com/delivery.git", "path": "deploy/edge-prod"}
SOURCE = "Written."
OF_A_VERSION = ["Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"]


def registered(*versions):
    return [
        RegisteredVersion(
            version=each["version"],
            digest=each["digest"],
            image=each["image"],
            model_data=each["modelData"],
            model_digest=each["modelDigest"],
            data_revision=each["dataRevision"],
            package_arn=each["packageArn"],
            approval=each["approval"],
        )
        for each in map(record, versions)
    ]


def wanted(*versions, **changed):
    files = manifests.folder(settings(serving=cluster(deliver=DELIVER, **changed)), registered(*versions))
    return folder.written(files, SOURCE)


def test_each_version_has_a_file_of_four_objects_and_the_route_one_of_its_own():
    files = wanted("v1.1.0", "v1.0.0")
    assert {name: [each["kind"] for each in yaml.safe_load_all(text)] for name, text in files.items()} == {
        "route.yaml": ["HTTPRoute"],
        "v1.0.0.yaml": OF_A_VERSION,
        "v1.1.0.yaml": OF_A_VERSION,
    }


def test_the_route_has_no_rules_and_names_the_journal_that_its_traffic_belongs_to():
    (route,) = yaml.safe_load_all(wanted("v1.0.0")["route.yaml"])
    assert set(route["spec"]) == {"parentRefs", "hostnames"}
    assert route["metadata"]["annotations"] == {
        "model-delivery/journal": "s3://flights-edge-prod-registry-222222222222-eu-west-1/journal/flights-edge-prod.json"
    }


def test_a_version_that_another_team_delivers_is_not_in_the_folder():
    files = wanted("v1.1.0", "v1.0.0", members={"v1.0.0": {"name": "theirs"}})
    assert set(files) == {"route.yaml", "v1.1.0.yaml"}


def test_everything_is_named_by_digest():
    (deployment, *_) = yaml.safe_load_all(wanted("v1.1.0")["v1.1.0.yaml"])
    spec = deployment["spec"]["template"]["spec"]
    images = [each["image"] for each in (*spec["initContainers"], *spec["containers"])]
    assert images == [record("v1.1.0")["image"]] * 2


def test_yaml_is_plain_and_says_what_it_was_written_from():
    text = wanted("v1.1.0")["v1.1.0.yaml"]
    assert text.startswith(f"# {SOURCE}\n---\n")
    assert "&id" not in text


def test_a_folder_as_it_is_to_be_differs_nowhere():
    assert list(folder.differences("deploy/edge-prod", wanted("v1.0.0"), wanted("v1.0.0"))) == []


def test_a_file_that_differs_is_named_with_its_line_and_both_texts():
    files = wanted("v1.0.0")
    there = files | {"v1.0.0.yaml": files["v1.0.0.yaml"].replace("replicas: 1", "replicas: 7")}
    (told,) = folder.differences("deploy/edge-prod", files, there)
    line = files["v1.0.0.yaml"].splitlines().index("  replicas: 1") + 1
    assert (
        told
        == f"deploy/edge-prod/v1.0.0.yaml:{line}: `replicas: 7`, and config and registry say `replicas: 1`"
    )


def test_what_is_missing_what_is_too_much_and_what_ends_early_is_named():
    files = {"a.yaml": "x: 1\ny: 2\n", "b.yaml": "x\n"}
    assert list(folder.differences("d", files, {"a.yaml": "x: 1\n", "c.yaml": "z\n"})) == [
        "d/a.yaml:2: nothing more, and config and registry say `y: 2`",
        "d/b.yaml: it is missing",
        "d/c.yaml: config and registry know nothing of it, and Argo CD would deliver it",
    ]


def test_every_committed_stack_file_is_an_environment():
    assert stacks(PROJECT) == ["edge-prod", "edge-staging", "prod", "staging"]
