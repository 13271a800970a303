"""The pipeline that a pushed tag goes through: CodePipeline's, a CodeBuild project for each stage, their roles and logs, and who is told."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components import build_roles as roles
from components.build_roles import BuildSite
from components.build_topic import BuildTopic
from components.service_role import service_role

_IMAGE = "aws/codebuild/standard:7.0"
_SOURCE, _CODE = "Source", "Code"  # the source's namespace, and its artifact
_QUEUED_MINUTES = 480  # CodeBuild's longest wait for a free machine
_STATEMENTS = {
    "test": roles.check_statements,
    "image": roles.image_statements,
    "train": roles.train_statements,
    "deploy": roles.deploy_statements,
    "verify": roles.verify_statements,
}
# What a stage is told of the ones before it, by the stage that knows: exported variables.
_HANDED_ON = {"train": {"image": ("IMAGE", "STEP_IMAGE")}}


class Stage(TypedDict):
    """One stage after the source.

    Attributes:
        name: `test`, `image`, `train`, `deploy` or `verify`; pipelines/buildspecs/NAME.yml is what it runs.
        compute: CodeBuild's type of its machine.
        minutes: that its build may take.
        retry: whether it is tried once more by itself.
        load: whether it measures, of `verify`, what one instance serves.
    """

    name: str
    compute: str
    minutes: int
    retry: bool
    load: bool


class BuildPipelineArgs(TypedDict):
    """What tells one build pipeline from another.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        model: the model's name; tags `MODEL@v*` start an execution.
        environment: the environment's name.
        pipeline: CodePipeline's name of the pipeline.
        repository: of the Git host, `owner/name`.
        branch: that a tag must be on.
        provider: the Git host, of a connection that is made; None where there is one.
        connection_arn: the one that there is; None where one is made.
        stages: after the source, in order.
        topic: SNS' name of the topic that failures are told to.
        registry_bucket: name of the bucket of versions, artifacts and what stages leave for each other.
        folder: where in it they leave that.
        key_arn: ARN of the registry's KMS key.
        data_bucket: name of the bucket of data sets.
        data_key_arn: ARN of the data's KMS key.
        repository_name: name of the ECR repository of the server's images.
        repository_arn: its ARN.
        step_repository_name: name of the ECR repository of the steps' images.
        step_repository_arn: its ARN.
        training_pipeline: name of SageMaker's pipeline that trains.
        package_group: name of the model package group.
        base_image: that images are built on, by digest; None where the stage image runs in the sandbox alone.
        deploy_role_arn: ARN of the role that the stage deploy takes on; None without that stage.
        backend: where the stack's state is, as Pulumi names it; None where the build knows.
        endpoint: SageMaker's name of the endpoint.
        log_days: that builds' logs are kept.
        protect: refuse to delete the topic.
    """

    account: str
    region: str
    model: str
    environment: str
    pipeline: str
    repository: str
    branch: str
    provider: str | None
    connection_arn: str | None
    stages: Sequence[Stage]
    topic: str
    registry_bucket: pulumi.Input[str]
    folder: str
    key_arn: pulumi.Input[str]
    data_bucket: pulumi.Input[str]
    data_key_arn: pulumi.Input[str]
    repository_name: str
    repository_arn: pulumi.Input[str]
    step_repository_name: str
    step_repository_arn: pulumi.Input[str]
    training_pipeline: str
    package_group: str
    base_image: str | None
    deploy_role_arn: str | None
    backend: str | None
    endpoint: str
    log_days: int
    protect: bool


class BuildPipeline(pulumi.ComponentResource):
    """The build pipeline of one model.

    Attributes:
        arn: of CodePipeline's pipeline.
        connection_arn: of the connection; one that was made waits for a person to authorise it.
        topic_arn: of the topic.
    """

    arn: pulumi.Output[str]
    connection_arn: pulumi.Output[str]
    topic_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: BuildPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("model-delivery:index:BuildPipeline", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.connection_arn = self._connection(name, args)
        site = BuildSite(
            account=args["account"],
            region=args["region"],
            environment=args["environment"],
            pipeline=args["pipeline"],
            connection_arn=self.connection_arn,
            registry_bucket=args["registry_bucket"],
            folder=args["folder"],
            key_arn=args["key_arn"],
            data_bucket=args["data_bucket"],
            data_key_arn=args["data_key_arn"],
            repository_arn=args["repository_arn"],
            step_repository_arn=args["step_repository_arn"],
            training_pipeline=args["training_pipeline"],
            package_group=args["package_group"],
            deploy_role_arn=args["deploy_role_arn"],
            endpoint=args["endpoint"],
        )
        projects = {stage["name"]: self._project(name, args, site, stage) for stage in args["stages"]}
        names = [_project_name(args, stage["name"]) for stage in args["stages"]]
        role = service_role(
            f"{name}-builds",
            "codepipeline",
            args["account"],
            roles.pipeline_statements(site, names),
            inside,
        )
        topic = BuildTopic(
            args["topic"],
            {
                "account": args["account"],
                "region": args["region"],
                "topic": args["topic"],
                "pipeline": args["pipeline"],
                "projects": names,
                "key_arn": args["key_arn"],
                "protect": args["protect"],
            },
            opts=inside,
        )
        pipeline = aws.codepipeline.Pipeline(
            name,
            name=args["pipeline"],
            role_arn=role,
            pipeline_type="V2",
            execution_mode="QUEUED",  # SUPERSEDED would drop an earlier tag's run: a version silently never made
            artifact_stores=[
                {
                    "location": args["registry_bucket"],
                    "type": "S3",
                    "encryption_key": {"id": args["key_arn"], "type": "KMS"},
                }
            ],
            stages=[
                {"name": _SOURCE, "actions": [_source(args, self.connection_arn)]},
                *(_stage(args, stage, projects[stage["name"]]) for stage in args["stages"]),
            ],
            # Tags and branches in one trigger: hashicorp/terraform-provider-aws#43105
            triggers=[
                {
                    "provider_type": "CodeStarSourceConnection",
                    "git_configuration": {
                        "source_action_name": _SOURCE,
                        "pushes": [{"tags": {"includes": [f"{args['model']}@v*"]}}],
                    },
                }
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[topic]),
        )
        self.arn, self.topic_arn = pipeline.arn, topic.arn
        self.register_outputs(
            {"arn": self.arn, "connectionArn": self.connection_arn, "topicArn": self.topic_arn}
        )

    def _connection(self, name: str, args: BuildPipelineArgs) -> pulumi.Output[str]:
        if args["connection_arn"] is not None:
            return pulumi.Output.from_input(args["connection_arn"])
        connection = aws.codeconnections.Connection(
            name,
            name=args["pipeline"],
            provider_type=args["provider"],
            # A person authorised it, and would have to do it again.
            opts=pulumi.ResourceOptions(parent=self, protect=args["protect"]),
        )
        return connection.arn

    def _project(
        self, name: str, args: BuildPipelineArgs, site: BuildSite, stage: Stage
    ) -> aws.codebuild.Project:
        """A stage's project, with its role and its log."""
        inside = pulumi.ResourceOptions(parent=self)
        project, of = _project_name(args, stage["name"]), f"{name}-{stage['name']}"
        log = aws.cloudwatch.LogGroup(
            of,
            name=f"{LOGS}/{project}",
            retention_in_days=args["log_days"],
            kms_key_id=args["key_arn"],
            opts=inside,
        )
        statements = _STATEMENTS[stage["name"]](site, project)
        if stage["load"]:
            statements = [*statements, *roles.load_statements(site)]
        role = service_role(of, "codebuild", args["account"], statements, inside)
        return aws.codebuild.Project(
            of,
            name=project,
            service_role=role,
            source={"type": "CODEPIPELINE", "buildspec": f"pipelines/buildspecs/{stage['name']}.yml"},
            artifacts={"type": "CODEPIPELINE"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": _IMAGE,
                "compute_type": stage["compute"],
                "privileged_mode": stage["name"] == "image",  # a container engine runs in it
                "environment_variables": [
                    {"name": variable, "value": value} for variable, value in _variables(args, stage).items()
                ],
            },
            build_timeout=stage["minutes"],
            queued_timeout=_QUEUED_MINUTES,
            encryption_key=args["key_arn"],
            logs_config={"cloudwatch_logs": {"group_name": log.name}},
            opts=inside,
        )


LOGS = "/aws/codebuild"


def key_statements(account: str, region: str, pipeline: str) -> list[dict[str, Any]]:
    """What the key's policy must allow services of AWS that work in no role: to encrypt these logs, and what the rules tell.

    In a key's policy `*` is the key itself. EventBridge names neither a rule nor an account when it uses a key; that only this
    stack's rules publish is the topic's policy to say.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html,
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    groups = f"arn:aws:logs:{region}:{account}:log-group:{LOGS}/{pipeline}-*"
    return [
        {
            "Sid": "LogsOfBuilds",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{region}.amazonaws.com"},
            "Action": [
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            "Resource": "*",
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        },
        {
            "Sid": "FailedBuildsThroughTopics",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
        },
    ]


def _project_name(args: BuildPipelineArgs, stage: str) -> str:
    return f"{args['pipeline']}-{stage}"


def _variables(args: BuildPipelineArgs, stage: Stage) -> Mapping[str, str]:
    """What a build is told of where it is."""
    deploys = {"DEPLOY_ROLE": args["deploy_role_arn"], "PULUMI_BACKEND_URL": args["backend"]}
    host = f"{args['account']}.dkr.ecr.{args['region']}.amazonaws.com"
    return {
        "ENVIRONMENT": args["environment"],
        "MODEL": args["model"],
        "BRANCH": args["branch"],
        "REPOSITORY": f"{host}/{args['repository_name']}",
        "STEP_REPOSITORY": f"{host}/{args['step_repository_name']}",
        **({"BASE_IMAGE": args["base_image"]} if args["base_image"] else {}),
        **({name: value for name, value in deploys.items() if value} if stage["name"] == "deploy" else {}),
        **({"LOAD": "yes"} if stage["load"] else {}),
    }


def _source(args: BuildPipelineArgs, connection: pulumi.Input[str]) -> Any:
    return {
        "name": _SOURCE,
        "category": "Source",
        "owner": "AWS",
        "provider": "CodeStarSourceConnection",
        "version": "1",
        "namespace": _SOURCE,
        "output_artifacts": [_CODE],
        "configuration": {
            "ConnectionArn": connection,
            "FullRepositoryId": args["repository"],
            "BranchName": args["branch"],
            # The build clones: which tag points at a commit, and whether it is on the branch, no archive tells.
            "OutputArtifactFormat": "CODEBUILD_CLONE_REF",
        },
    }


def _stage(args: BuildPipelineArgs, stage: Stage, project: aws.codebuild.Project) -> Any:
    name = stage["name"].title()
    present = {each["name"] for each in args["stages"]}
    handed = [
        {"name": variable, "value": f"#{{{of.title()}.{variable}}}", "type": "PLAINTEXT"}
        for of, variables in _HANDED_ON.get(stage["name"], {}).items()
        if of in present
        for variable in variables
    ]
    action = {
        "name": name,
        "category": "Build",
        "owner": "AWS",
        "provider": "CodeBuild",
        "version": "1",
        "namespace": name,
        "input_artifacts": [_CODE],
        "configuration": {
            "ProjectName": project.name,
            **({"EnvironmentVariables": json.dumps(handed)} if handed else {}),
        },
    }
    failure = {"result": "RETRY", "retry_configuration": {"retry_mode": "FAILED_ACTIONS"}}
    return {"name": name, "actions": [action], **({"on_failure": failure} if stage["retry"] else {})}
