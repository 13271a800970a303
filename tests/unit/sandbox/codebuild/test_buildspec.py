"""Buildspecs are read strictly: what does not run here is refused, and the refusal says where and what is allowed."""

import pytest

from sandbox.codebuild.buildspec import BuildspecError, Files, read

WHOLE = """
version: 0.2
env:
  shell: bash
  variables: {GREETING: hello}
  exported-variables: [VERSION]
phases:
  install:
    runtime-versions: {python: 3.11}
    commands: [make setup]
  build:
    on-failure: ABORT
    commands:
      - make check-model
    finally:
      - echo over
  post_build:
    commands: [echo done]
reports:
  unit: {files: ['**/*.xml'], base-directory: build}
artifacts:
  files: ['**/*']
  secondary-artifacts:
    image: {files: [image.json], discard-paths: yes}
"""


def test_a_buildspec_is_read_whole():
    spec = read(WHOLE)
    assert [phase.name for phase in spec.phases] == ["INSTALL", "BUILD", "POST_BUILD"]
    build = spec.phases[1]
    assert (build.commands, build.finally_commands, build.on_failure) == (
        ("make check-model",),
        ("echo over",),
        "ABORT",
    )
    assert (spec.shell, spec.variables, spec.exported) == ("bash", {"GREETING": "hello"}, ("VERSION",))
    assert spec.reports == {"unit": Files(("**/*.xml",), "build")}
    assert spec.artifacts == Files(("**/*",))
    assert spec.secondary == {"image": Files(("image.json",), flat=True)}
    assert spec.runtimes == {"python": "3.11"}


def minimal(more="", build="{commands: [make]}"):
    return f"version: 0.2\n{more}\nphases:\n  build: {build}\n"


def test_one_phase_is_enough_and_its_shell_is_sh():
    spec = read(minimal())
    assert (spec.shell, [phase.commands for phase in spec.phases]) == ("sh", [("make",)])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the buildspec is missing"),
        ("[]", "the buildspec is no mapping"),
        ("version: 0.2\nphases: {build: [", "YAML_FILE_ERROR"),
        ("version: 0.1\nphases: {}", "version is 0.1; the sandbox runs version 0.2"),
        ("version: 0.2", "phases is missing"),
        (
            minimal("proxy: {upload-artifacts: no}"),
            "does not run proxy; in the buildspec it runs version, env",
        ),
        (minimal("batch: {build-list: []}"), "does not run batch"),
        (minimal("cache: {paths: [x]}"), "does not run cache"),
        (minimal("run-as: root"), "does not run run-as"),
        (minimal("env: {parameter-store: {A: b}}"), "does not run env/parameter-store"),
        (minimal("env: {secrets-manager: {A: b}}"), "does not run env/secrets-manager"),
        (
            minimal("env: {git-credential-helper: perhaps}"),
            "env/git-credential-helper is 'perhaps'; the sandbox runs yes, no",
        ),
        (minimal("env: {shell: powershell.exe}"), "env/shell is 'powershell.exe'; the sandbox runs sh, bash"),
        (minimal("env: {variables: {A: 1}}"), "env/variables/A is 1, no text: quote it"),
        (minimal("env: {variables: {A-B: c}}"), "env/variables: 'A-B' is no name of a variable"),
        (minimal("env: {variables: {CODEBUILD_CI: no}}"), "env/variables/CODEBUILD_CI"),
        (minimal("env: {exported-variables: A}"), "env/exported-variables is no list"),
        (minimal(build="{}"), "phases/build has no commands"),
        (minimal(build="{commands: make}"), "phases/build/commands is no list"),
        (minimal(build="{commands: [echo: x]}"), "a colon and a space make a mapping of it: quote it"),
        (minimal(build="{commands: [make], run-as: me}"), "does not run phases/build/run-as"),
        (minimal(build="{commands: [make], on-failure: RETRY}"), "phases/build/on-failure is 'RETRY'"),
        (
            minimal(build="{commands: [make], runtime-versions: {python: 3.11}}"),
            "does not run phases/build/runtime",
        ),
        ("version: 0.2\nphases: {install: {runtime-versions: {nodejs: 20}}}", "runtime-versions/nodejs"),
        ("version: 0.2\nphases: {deploy: {commands: [make]}}", "does not run phases/deploy"),
        (minimal("version: 0.2"), "version stands there twice"),
        (minimal("reports: {r: {files: [x], file-format: CUCUMBERJSON}}"), "the sandbox runs JUNITXML"),
        (minimal("artifacts: {files: []}"), "artifacts/files names no file"),
        (minimal("artifacts: {files: [/etc/passwd]}"), "is not in the source's folder"),
        (minimal("artifacts: {files: [x], s3-prefix: p}"), "does not run artifacts/s3-prefix"),
    ],
)
def test_what_does_not_run_is_refused_by_name(text, why):
    with pytest.raises(BuildspecError) as caught:
        read(text)
    assert why in str(caught.value)
