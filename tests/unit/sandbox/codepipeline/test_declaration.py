"""Declarations that cannot run are refused, each by what is wrong with it."""

import json

import msgspec
import pytest

from sandbox.codepipeline.declaration import DeclarationError, check, filters, plan
from sandbox.codepipeline.flow import Stage
from sandbox.codepipeline.requests import Declaration
from sandbox.codepipeline.triggers import Filter


def action(name, provider="CodeBuild", category="Build", **more):
    configuration = {
        "CodeBuild": {"ProjectName": "p"},
        "Manual": {},
        "CodeStarSourceConnection": {"ConnectionArn": "arn", "FullRepositoryId": "a/b", "BranchName": "main"},
    }[provider]
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        **({"inputArtifacts": [{"name": "Code"}]} if provider == "CodeBuild" else {}),
        **more,
        "configuration": configuration | more.get("configuration", {}),
    }


def source(**more):
    made = {"outputArtifacts": [{"name": "Code"}], "namespace": "Source"}
    return action("Source", "CodeStarSourceConnection", "Source", **(made | more))


def trigger(of="Source", **push):
    return {
        "providerType": "CodeStarSourceConnection",
        "gitConfiguration": {"sourceActionName": of, "push": [push] if push else []},
    }


def declaration(*builds, first=None, **more):
    stages = [{"name": "Source", "actions": [first or source()]}]
    stages += [{"name": "Build", "actions": list(builds)}] if builds else []
    made = {
        "name": "p",
        "roleArn": "arn:aws:iam::111111111111:role/r",
        "artifactStore": {"type": "S3", "location": "b"},
        "stages": stages,
        "executionMode": "QUEUED",
        "pipelineType": "V2",
    }
    return msgspec.convert(made | more, Declaration)


def variable(text):
    return {"EnvironmentVariables": json.dumps([{"name": "A", "value": text}])}


def test_what_can_run_is_taken():
    check(
        declaration(
            action(
                "Test", "CodeBuild", "Test", configuration=variable("#{Source.CommitId}"), namespace="Test"
            ),
            action("Train", runOrder=2, configuration=variable("#{Test.VERSION} #{variables.months}")),
            action("Person", "Manual", "Approval", runOrder=3),
            variables=[{"name": "months", "defaultValue": "3"}],
            triggers=[trigger(tags={"includes": ["flights@v*"]})],
        )
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (declaration(), "at least two stages"),
        (declaration(action("A"), action("A")), "two actions of stage Build are called A"),
        (declaration(source()), "the first stage holds the sources"),
        (declaration(action("B"), first=action("A")), "the first stage holds the sources"),
        (declaration(action("A", "CodeBuild", "Approval")), "CodeBuild is no Approval"),
        (declaration(action("A", configuration={"BatchEnabled": "true"})), "does not act on BatchEnabled"),
        (declaration(action("A"), first=source(configuration={"OutputArtifactFormat": "TAR"})), "none of CODE_ZIP"),
        (declaration(action("A"), first=source(outputArtifacts=[])), "0 output artifacts; 1 to 1"),
        (declaration(action("A", inputArtifacts=[])), "0 input artifacts; 1 to 5"),
        (declaration(action("A", inputArtifacts=[{"name": "X"}])), "no earlier action makes the artifact X"),
        (declaration(action("A", outputArtifacts=[{"name": "Code"}])), "two actions make the artifact Code"),
        (
            declaration(
                action("A", outputArtifacts=[{"name": "X"}]),
                action("B", inputArtifacts=[{"name": "Code"}, {"name": "X"}], runOrder=2),
            ),
            "PrimarySource names one of its inputs: Code, X",
        ),
        (declaration(action("A", configuration={"PrimarySource": "X"})), "PrimarySource names one of its inputs"),
        (declaration(action("A", configuration={"EnvironmentVariables": "{"})), "EnvironmentVariables is no JSON"),
        (
            declaration(
                action("A", configuration={"EnvironmentVariables": '[{"name":"A","value":"b","type":"SECRETS_MANAGER"}]'})
            ),
            "SECRETS_MANAGER",
        ),
        (declaration(action("A", namespace="Source")), "the namespace Source is taken"),
        (declaration(action("A", namespace="variables")), "the namespace variables is taken"),
        (declaration(action("A", configuration=variable("#{A.X}"), namespace="A")), "no earlier action has the namespace A"),
        (declaration(action("A", configuration=variable("#{variables.X}"))), "the pipeline has no variables"),
        (declaration(action("A", configuration=variable("#{X}"))), "#{X} is no variable"),
        (declaration(action("A"), variables=[{"name": "months"}]), "the variable months has no defaultValue"),
        (declaration(action("A"), triggers=[trigger("X", tags={})]), "there is no such source action"),
        (declaration(action("A"), triggers=[trigger()]), "has no push filter"),
        (declaration(action("A"), triggers=[trigger(tags={}, branches={})]), "is of tags or of branches"),
        (declaration(action("A"), triggers=[trigger(tags={"includes": ["v["]})]), "has a [ without its ]"),
        (declaration(action("A"), triggers=[trigger(tags={"includes": ["v"] * 9})]), "9 patterns; 8 are allowed"),
        (declaration(action("A"), triggers=[trigger(tags={}), trigger(tags={})]), "two triggers are of Source"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused(given, why):
    with pytest.raises(DeclarationError) as caught:
        check(given)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"executionMode": "PARALLEL"}, "PARALLEL"),
        ({"executionMode": "SUPERSEDED"}, "SUPERSEDED"),
        ({"pipelineType": "V1"}, "V1"),
    ],
)
def test_what_the_sandbox_does_not_do_is_no_declaration(changed, why):
    with pytest.raises(msgspec.ValidationError, match=why):
        declaration(action("A"), **changed)


def test_without_a_trigger_pushes_of_the_branch_start_it_unless_changes_are_not_detected():
    given = declaration(action("A"))
    assert filters(given, given.stages[0].actions[0]) == [Filter("branch", ("main",))]
    silent = declaration(action("A"), first=source(configuration={"DetectChanges": "false"}))
    assert filters(silent, silent.stages[0].actions[0]) == []


def test_with_a_trigger_its_filters_alone_start_it():
    given = declaration(action("A"), triggers=[trigger(tags={"includes": ["v*"], "excludes": ["*-rc"]})])
    assert filters(given, given.stages[0].actions[0]) == [Filter("tag", ("v*",), ("*-rc",))]


def test_the_flow_knows_run_orders_and_retries():
    given = declaration(action("A"), action("B", runOrder=2))
    assert plan(given)[1] == Stage("Build", {"A": 1, "B": 2})
    stages = msgspec.to_builtins(given)["stages"]
    stages[1]["onFailure"] = {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}
    assert plan(declaration(stages=stages))[1].retry == "ALL_ACTIONS"
