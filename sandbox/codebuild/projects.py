"""The calls of CodeBuild: what it refuses, and what it answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sandbox.accounts import REGION
from sandbox.clients import Clients
from sandbox.clock import now
from sandbox.codebuild import requests as r
from sandbox.codebuild.build import Build, Order
from sandbox.codebuild.builds import ARN, Builds
from sandbox.codebuild.buildspec import BuildspecError, read
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.json_service import Action, JsonService, reads
from sandbox.refusal import RefusedError

_IMAGE = re.compile(r"aws/codebuild/[\w.-]+:[\w.-]+")
_PAGE = 100
_INVALID = "InvalidInputException"


@dataclass
class Project:
    """A project.

    Attributes:
        request: what it was made of, and last updated to.
        builds: by id, the first first.
        tokens: id of a build by the token of the call that started it.
    """

    arn: str
    request: r.CreateProject
    created: float = field(default_factory=now)
    modified: float = field(default_factory=now)
    builds: dict[str, Build] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def show(self) -> dict[str, Any]:
        """What BatchGetProjects answers."""
        _, _, _, region, account, _ = self.arn.split(":", 5)
        shown: dict[str, Any] = r.plain(self.request)
        shown.setdefault("encryptionKey", f"arn:aws:kms:{region}:{account}:alias/aws/s3")
        return {
            **shown,
            "arn": self.arn,
            "created": self.created,
            "lastModified": self.modified,
            "badge": {"badgeEnabled": False},
            "projectVisibility": "PRIVATE",
        }


class Projects:
    """The projects of all accounts."""

    def __init__(self, builds: Builds, clients: Clients) -> None:
        self._builds = builds
        self._clients = clients
        self._projects: dict[tuple[str, str], Project] = {}
        self.service = JsonService("codebuild", self._actions(), builds.lock)

    def _actions(self) -> Mapping[str, Action]:
        return {
            "CreateProject": reads(r.CreateProject, self._create),
            "UpdateProject": reads(r.UpdateProject, self._update),
            "DeleteProject": reads(r.ProjectName, self._delete),
            "BatchGetProjects": reads(r.Names, self._batch_get_projects),
            "StartBuild": reads(r.StartBuild, self._start),
            "StopBuild": reads(r.BuildId, self._stop),
            "BatchGetBuilds": reads(r.Ids, self._batch_get_builds),
            "ListBuildsForProject": reads(r.ListBuilds, self._list_builds),
            "BatchGetReports": reads(r.Reports, self._batch_get_reports),
        }

    def start(self, account: str, name: str, order: Order) -> Build:
        """Begin a build of a project; raises RefusedError."""
        with self._builds.lock:
            project = self._find(account, name)
            build = self._builds.start(account, project.request, len(project.builds) + 1, order)
            project.builds[build.id] = build
            return build

    def stop(self, build: Build) -> None:
        """Ask it to end, unless it has."""
        self._builds.stop(build)

    def _create(self, account: str, request: r.CreateProject) -> dict[str, Any]:
        key = (account, request.name)
        arn = ARN.format(account=account, kind="project", name=request.name)
        if key in self._projects:
            raise RefusedError(f"Project already exists: {arn}", "ResourceAlreadyExistsException")
        self._check(account, request)
        project = self._projects[key] = Project(arn, request)
        return {"project": project.show()}

    def _update(self, account: str, request: r.UpdateProject) -> dict[str, Any]:
        """Builds that run go on as they began."""
        project = self._find(account, request.name)
        given = {name: value for name, value in msgspec.structs.asdict(request).items() if value is not None}
        changed = msgspec.structs.replace(project.request, **given)
        self._check(account, changed)
        project.request, project.modified = changed, now()
        return {"project": project.show()}

    def _delete(self, account: str, request: r.ProjectName) -> dict[str, Any]:
        """Deleting what is not there succeeds; builds that run go on."""
        self._projects.pop((account, request.name.rpartition("/")[2]), None)
        return {}

    def _batch_get_projects(self, account: str, request: r.Names) -> dict[str, Any]:
        names = [name.rpartition("/")[2] for name in request.names]
        existing = [self._projects[account, name] for name in names if (account, name) in self._projects]
        missing = [name for name in request.names if (account, name.rpartition("/")[2]) not in self._projects]
        return {"projects": [project.show() for project in existing], "projectsNotFound": missing}

    def _start(self, account: str, request: r.StartBuild) -> dict[str, Any]:
        project = self._find(account, request.project_name)
        if earlier := project.tokens.get(request.idempotency_token or ""):
            return {"build": project.builds[earlier].show()}
        if project.request.source.type == "CODEPIPELINE":
            raise RefusedError(
                f"{request.project_name} gets its source from a pipeline, which starts it", _INVALID
            )
        order = Order(
            tuple(request.environment_variables_override),
            request.buildspec_override,
            request.timeout_in_minutes_override,
        )
        build = self.start(account, request.project_name, order)
        if request.idempotency_token:
            project.tokens[request.idempotency_token] = build.id
        return {"build": build.show()}

    def _stop(self, account: str, request: r.BuildId) -> dict[str, Any]:
        build = self._build(account, request.id)
        if build is None:
            raise RefusedError(f"Build {request.id} does not exist", "ResourceNotFoundException")
        if not build.over.is_set():
            self._builds.stop(build)
        return {"build": build.show()}

    def _batch_get_builds(self, account: str, request: r.Ids) -> dict[str, Any]:
        builds = [self._build(account, identity) for identity in request.ids]
        missing = [identity for identity, build in zip(request.ids, builds, strict=True) if build is None]
        return {"builds": [build.show() for build in builds if build], "buildsNotFound": missing}

    def _list_builds(self, account: str, request: r.ListBuilds) -> dict[str, Any]:
        ids = list(self._find(account, request.project_name).builds)
        ordered = ids if request.sort_order == "ASCENDING" else ids[::-1]
        return _page(ordered, request.next_token)

    def _batch_get_reports(self, account: str, request: r.Reports) -> dict[str, Any]:
        builds = [
            build
            for (owner, _), project in self._projects.items()
            if owner == account
            for build in project.builds.values()
        ]
        reports = {arn: build for build in builds for arn in build.reports}
        return {
            "reports": [reports[arn].report(arn) for arn in request.report_arns if arn in reports],
            "reportsNotFound": [arn for arn in request.report_arns if arn not in reports],
        }

    def _build(self, account: str, identity: str) -> Build | None:
        short = identity.rpartition("/")[2]
        project = self._projects.get((account, short.rpartition(":")[0]))
        return project.builds.get(short) if project else None

    def _find(self, account: str, name: str) -> Project:
        project = self._projects.get((account, name.rpartition("/")[2]))
        if project is None:
            arn = ARN.format(account=account, kind="project", name=name)
            raise RefusedError(f"Project cannot be found: {arn}", "ResourceNotFoundException")
        return project

    def _check(self, account: str, request: r.CreateProject) -> None:
        """Refuse what cannot build."""
        if not _IMAGE.fullmatch(request.environment.image):
            raise RefusedError(
                f"the sandbox stands in for CodeBuild's own images, aws/codebuild/NAME:VERSION; {request.environment.image} is none",
                _INVALID,
            )
        if (request.source.type == "CODEPIPELINE") != (request.artifacts.type == "CODEPIPELINE"):
            raise RefusedError(
                "Invalid project: source and artifacts are both of type CODEPIPELINE, or neither is", _INVALID
            )
        text = request.source.buildspec
        if request.source.type == "NO_SOURCE" and "\n" not in text:
            raise RefusedError(
                "Invalid project source: a project without source takes its buildspec as text", _INVALID
            )
        if "\n" in text:
            try:
                read(text)
            except BuildspecError as error:
                raise RefusedError(f"Invalid buildspec: {error}", _INVALID) from None
        try:
            self._clients.caller(ExecutionRole(request.service_role, account, REGION))
        except RefusedError as refused:
            raise RefusedError(
                f"CodeBuild is not authorized to perform: sts:AssumeRole on {request.service_role} ({refused})",
                _INVALID,
            ) from None


def _page(ids: Sequence[str], token: str | None) -> dict[str, Any]:
    """One page of ids; a token is the offset of the next page."""
    if token is not None and not token.isdigit():
        raise RefusedError(f"nextToken {token!r} was not given out by a List call", _INVALID)
    start = int(token or 0)
    answer: dict[str, Any] = {"ids": ids[start : start + _PAGE]}
    if start + _PAGE < len(ids):
        answer["nextToken"] = str(start + _PAGE)
    return answer
