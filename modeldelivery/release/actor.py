"""Who runs this, as far as the environment tells: no call is spent on it, and STS may be down."""

import getpass
import socket
from collections.abc import Mapping


def actor(environ: Mapping[str, str]) -> str:
    """A person or a CI run, for the journal; what of a variable is no text (PEP 383) is a question mark.

    Sources: the variables that GitHub Actions, GitLab CI, Jenkins and CodeBuild document for a run; the AWS CLI's
    AWS_ROLE_SESSION_NAME; else the login name and host.
    """
    return _named(environ).encode(errors="replace").decode()


def _named(environ: Mapping[str, str]) -> str:
    get = environ.get
    if get("GITHUB_ACTIONS") == "true":
        run = f"{get('GITHUB_SERVER_URL')}/{get('GITHUB_REPOSITORY')}/actions/runs/{get('GITHUB_RUN_ID')}"
        return f"{get('GITHUB_ACTOR', 'GitHub Actions')} ({run})"
    if get("GITLAB_CI") == "true":
        return f"{get('GITLAB_USER_LOGIN', 'GitLab CI')} ({get('CI_JOB_URL')})"
    if get("JENKINS_URL"):
        return f"{get('BUILD_USER_ID', 'Jenkins')} ({get('BUILD_URL')})"
    if get("CODEBUILD_BUILD_ID"):
        return f"{get('CODEBUILD_INITIATOR', 'CodeBuild')} ({get('CODEBUILD_BUILD_ID')})"
    return get("AWS_ROLE_SESSION_NAME") or f"{_login()}@{socket.gethostname()}"


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return "someone"
