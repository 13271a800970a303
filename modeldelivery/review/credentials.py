"""What to type where this shell has no credentials of an environment, or Pulumi no state."""

from modeldelivery.release.aws.session import open_account, profile_for
from modeldelivery.release.errors import CredentialsError, UnreachableError

_LOGGED_OUT = "PULUMI_ACCESS_TOKEN must be set"  # the engine's words where it has no backend


def lacking(environment: str, profile: str | None) -> str | None:
    """Why there are no credentials of an environment; None when there are some, or nobody can tell.

    Args:
        environment: its name.
        profile: the stack's `aws:profile`, where it is known.
    """
    try:
        open_account(profile or profile_for(environment), None)
    except CredentialsError as error:
        return str(error)
    except UnreachableError:
        pass  # AWS does not answer: that says nothing of the credentials
    return None


def blamed(*outputs: str) -> bool:
    """Whether what the engine said names credentials, as this project's provider and pulumi-aws do when they lack them."""
    return any("credential" in each.lower() for each in outputs)


def without_credentials(why: str, profile: str, sign_in: str | None) -> str:
    """The sentence on what to type then; `sign_in` is another way in."""
    other = f"; or {sign_in}" if sign_in else ""
    return (
        f"{why}. What to type: `aws sso login --profile {profile}`, or whatever gives that profile its keys (AWS_CONFIG_FILE "
        f"names another file of profiles){other}"
    )


def without_state(output: str, sign_in: str | None) -> str | None:
    """The sentence on what to type where Pulumi said that it is logged in nowhere; None when it said something else."""
    if _LOGGED_OUT not in output:
        return None
    other = f"; or {sign_in}" if sign_in else ""
    return (
        "Pulumi knows no state here, since it is logged in to no backend. What to type: `pulumi login URL`, or "
        f"`export PULUMI_BACKEND_URL=URL`, with the URL that the environments are kept at (docs/ci.md){other}"
    )
