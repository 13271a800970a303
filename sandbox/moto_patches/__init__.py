"""All changes to moto's own code, a file for each of its services; each says what AWS does and moto does not.

They hold for one version of moto, because they reach into its private parts: with another the sandbox does not start.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import version

from sandbox.home import SandboxError

VERSION = "5.2.5"
_PATCHED = ("applicationautoscaling", "cloudwatch", "ecr", "logs", "s3", "sns")


def prepare() -> None:
    """Leave out what the sandbox has not and what takes long to load, before anything of moto is imported."""
    import_module(f"{__name__}.ecs").stand_in()


@cache
def apply() -> None:
    """Patch moto, once a process."""
    for service in _PATCHED:
        import_module(f"{__name__}.{service}").apply()


def check_version() -> None:
    """Raise SandboxError unless the installed moto is the one that the patches are made for."""
    installed = version("moto")
    if installed != VERSION:
        raise SandboxError(
            f"moto {installed} is installed, and the sandbox's patches are made for moto {VERSION}: type `make setup`. "
            "For another moto, look through sandbox/moto_patches, and change VERSION there and requirements/dev.in"
        )
