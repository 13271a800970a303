"""What actions do: a source fetched, a build run, a person waited for; each in the role of the pipeline."""

import json
import secrets
import string
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.accounts import REGION
from sandbox.clients import Clients
from sandbox.codebuild.build import Artifact, Order, Phase
from sandbox.codebuild.projects import Projects
from sandbox.codebuild.requests import Variable
from sandbox.codepipeline.declaration import environment_variables
from sandbox.codepipeline.execution import ActionRun, Execution
from sandbox.codepipeline.variables import VariableError, fill
from sandbox.connections import Connections
from sandbox.git.remote import Remotes
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.iam.core.access import Context, Need
from sandbox.iam.guard import Guard
from sandbox.iam.operation import Operation
from sandbox.refusal import RefusedError

PRINCIPAL, SESSION = "codepipeline.amazonaws.com", "CodePipeline"
_PATIENCE = 7 * 86_400  # seconds that an approval waits
_LETTERS = string.ascii_letters + string.digits
_PIPELINE, _ARTIFACT, _KEY = 20, 10, 7  # characters of each in an artifact's key


class ActionError(Exception):
    """Why an action failed: a code of CodePipeline's and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Actions:
    """Carries them out."""

    clients: Clients
    guard: Guard
    connections: Connections
    remotes: Remotes
    projects: Projects

    def run(self, account: str, execution: Execution, run: ActionRun) -> None:
        """One action to its end; raises ActionError."""
        carry_out = {
            "CodeStarSourceConnection": self._source,
            "CodeBuild": self._build,
            "Manual": self._approve,
        }
        role = ExecutionRole(execution.declaration.role_arn, account, REGION)
        try:
            spaces = execution.namespaces()
            run.configuration = {key: fill(text, spaces) for key, text in run.action.configuration.items()}
            carry_out[run.action.action_type_id.provider](role, execution, run)
        except VariableError as error:
            raise ActionError("InvalidActionConfiguration", str(error)) from None
        except (RefusedError, ClientError, BotoCoreError) as error:
            code = "PermissionError" if "not authorized" in str(error) else "ConfigurationError"
            raise ActionError(code, str(error)) from None

    def _source(self, role: ExecutionRole, execution: Execution, run: ActionRun) -> None:
        """The commit as a zip, or a reference by which builds clone the repository."""
        given = run.configuration
        arn, repository = given["ConnectionArn"], given["FullRepositoryId"]
        about = Context(
            {
                "codeconnections:fullrepositoryid": repository,
                "codeconnections:branchname": given["BranchName"],
            }
        )
        need = Need("codeconnections:UseConnection", arn, about)
        self.guard.role_acts(self.clients.caller(role), "codeconnections", [need])
        self.connections.check(arn)
        commit = self.remotes.commit(role.account, execution.commit or given["BranchName"])
        artifact = _artifact(execution, run.action.output_artifacts[0].name)
        run.external, run.summary = commit.id, commit.message.splitlines()[0] if commit.message else ""
        variables = {
            "AuthorDate": commit.author_date,
            "BranchName": given["BranchName"],
            "CommitId": commit.id,
            "CommitMessage": commit.message,
            "ConnectionArn": arn,
            "FullRepositoryName": repository,
        }
        if given.get("OutputArtifactFormat") == "CODEBUILD_CLONE_REF":
            body = json.dumps({k: v for k, v in variables.items() if k != "CommitMessage"}).encode()
        else:
            body = self.remotes.archive(role.account, commit.id)
        key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": artifact.kms} if artifact.kms else {}
        self.clients.of("s3", role).put_object(Bucket=artifact.bucket, Key=artifact.key, Body=body, **key)
        run.outputs, run.variables = [artifact], variables

    def _build(self, role: ExecutionRole, execution: Execution, run: ActionRun) -> None:
        """A build of a project, to its end."""
        project, action = run.configuration["ProjectName"], run.action
        names = [artifact.name for artifact in action.input_artifacts]
        primary = run.configuration.get("PrimarySource", names[0])
        run.inputs = [execution.artifacts[name] for name in sorted(names, key=lambda name: name != primary)]
        outputs = [_artifact(execution, each.name) for each in action.output_artifacts]
        spaces = execution.namespaces()
        variables = tuple(
            Variable(name=one["name"], value=fill(one["value"], spaces))
            for one in environment_variables(action)
        )
        sources = execution.revisions()
        order = Order(
            variables,
            sources=tuple(run.inputs),
            outputs=tuple(outputs),
            initiator=f"codepipeline/{execution.declaration.name}",
            commit=sources[-1].external if sources else "",
        )
        caller = self.clients.caller(role)
        for call, members in (
            ("StartBuild", {"projectName": project}),
            ("BatchGetBuilds", {"ids": [f"{project}:"]}),
        ):
            self.guard.act(caller, Operation("codebuild", call, role.account, role.region, members))
        build = self.projects.start(role.account, project, order)
        run.external = build.id
        build.over.wait()
        run.variables = dict(build.exported)
        if build.status != "SUCCEEDED":
            raise ActionError(
                "JobFailed", f"Build terminated with state: {build.status}.{_why(build.failed_phase)}"
            )
        run.outputs = outputs

    def _approve(self, role: ExecutionRole, execution: Execution, run: ActionRun) -> None:
        """A person's answer, waited for."""
        given = run.configuration
        run.link = given.get("ExternalEntityLink", "")
        if topic := given.get("NotificationArn"):
            name = execution.declaration.name
            told = {
                "region": role.region,
                "approval": {
                    "pipelineName": name,
                    "stageName": run.stage,
                    "actionName": run.action.name,
                    "token": run.token,
                    "externalEntityLink": given.get("ExternalEntityLink"),
                    "customData": given.get("CustomData"),
                },
            }
            subject = f"APPROVAL NEEDED: AWS CodePipeline {name} for action {run.action.name}"[:100]
            self.clients.of("sns", role).publish(TopicArn=topic, Subject=subject, Message=json.dumps(told))
        run.decided.wait(_PATIENCE)
        if run.approval is None:
            raise ActionError("ApprovalExpired", "nobody answered within seven days")
        run.summary = run.approval.summary
        if run.approval.status == "Rejected":
            raise ActionError("Rejected", f"Rejected: {run.approval.summary}")


def _artifact(execution: Execution, name: str) -> Artifact:
    """Where an artifact of an execution will lie."""
    store = execution.declaration.artifact_store
    chosen = "".join(secrets.choice(_LETTERS) for _ in range(_KEY))
    key = f"{execution.declaration.name[:_PIPELINE]}/{name[:_ARTIFACT]}/{chosen}"
    return Artifact(name, store.location, key, store.encryption_key.id if store.encryption_key else None)


def _why(phase: Phase | None) -> str:
    if phase is None or phase.reason is None:
        return ""
    return f" Phase: {phase.type}, Code: {phase.reason[0]}, Message: {phase.reason[1]}"
