"""The environment variables of a build: CodeBuild's own, the buildspec's, the project's, and whoever started it has the last word.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
"""

from collections.abc import Mapping
from pathlib import Path

from sandbox.codebuild.build import Build
from sandbox.codebuild.buildspec import Buildspec


def of(build: Build, spec: Buildspec, source: Path, folders: Mapping[str, Path]) -> dict[str, str]:
    """All of them.

    Args:
        build: that they are of.
        spec: its buildspec.
        source: folder of the primary source.
        folders: of all sources, by artifact.
    """
    project = {one.name: one.value for one in build.project.environment.environment_variables}
    order = {one.name: one.value for one in build.order.variables}
    own = {
        "CODEBUILD_BUILD_ARN": build.arn,
        "CODEBUILD_BUILD_ID": build.id,
        "CODEBUILD_BUILD_IMAGE": build.project.environment.image,
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_CI": "true",
        "CODEBUILD_INITIATOR": build.order.initiator,
        "CODEBUILD_LOG_PATH": build.log[1] if build.log else "",
        "CODEBUILD_RESOLVED_SOURCE_VERSION": build.order.commit,
        "CODEBUILD_SRC_DIR": str(source),
        "CODEBUILD_START_TIME": str(round(build.started * 1000)),
    }
    secondary = {f"CODEBUILD_SRC_DIR_{name}": str(folder) for name, folder in list(folders.items())[1:]}
    return {**spec.variables, **project, **order, **{k: v for k, v in own.items() if v}, **secondary}
