"""Which variables a model may give its container: here the container is a process of the sandbox's owner.

In SageMaker a container is the model owner's own. Here it is unpacked on this machine, and a variable by which a
program loads other code than the image's would make that code run as whoever started the sandbox.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from sandbox.refusal import RefusedError

_LOADERS = (
    # the system's loader, C library and TLS library
    *("LD_*", "DYLD_*", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "NLSPATH", "OPENSSL_*", "SSLKEYLOGFILE"),
    # where programs, their modules, caches and settings are found
    *(
        "PATH",
        "HOME",
        "TMPDIR",
        "XDG_*",
        "VIRTUAL_ENV",
        "CONDA_*",
        "PIP_*",
        "UV_*",
        "COVERAGE_*",
        "NUMBA_CACHE_DIR",
    ),
    *(
        "PYTHON*",
        "__PYVENV_LAUNCHER__",
        "PERL*",
        "RUBY*",
        "GEM_*",
        "BUNDLE_*",
        "NODE_OPTIONS",
        "NODE_PATH",
        "LUA_*",
    ),
    *("NPM_*", "npm_*", "JAVA_*", "_JAVA_OPTIONS", "JDK_*", "CLASSPATH", "PHPRC", "PHP_*", "JULIA_*"),
    *("R_HOME", "R_LIBS*", "R_PROFILE*", "R_ENVIRON*"),
    # what shells and other programs start
    *("BASH*", "ENV", "SHELL", "SHELLOPTS", "IFS", "CDPATH", "PS4", "PROMPT_COMMAND", "ZDOTDIR"),
    *("EDITOR", "VISUAL", "PAGER", "BROWSER", "GUNICORN_*", "UVICORN_*"),
    *(
        "GIT_ASKPASS",
        "GIT_CONFIG*",
        "GIT_DIR",
        "GIT_EDITOR",
        "GIT_EXEC_PATH",
        "GIT_EXTERNAL_DIFF",
        "GIT_PAGER",
    ),
    *("GIT_PROXY_COMMAND", "GIT_SSH*", "GIT_TEMPLATE_DIR"),
    # the sandbox's own
    "SANDBOX_*",
)


def check_environment(names: Iterable[str]) -> None:
    """Refuse a variable that makes a process run other code.

    Raises:
        RefusedError: it is named.
    """
    for name in names:
        if any(fnmatchcase(name, pattern) for pattern in _LOADERS):
            raise RefusedError(
                f"the sandbox takes no {name} in a container's Environment: a process that has it may run other code than its "
                "image's, as whoever started the sandbox; set it by ENV in the Dockerfile"
            )
