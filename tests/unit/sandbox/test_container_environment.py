import pytest

from sandbox.refusal import RefusedError
from sandbox.sagemaker.container_environment import check_environment

LOADERS = [
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONWARNINGS",
    "PYTHONBREAKPOINT",
    "LD_PRELOAD",
    "LD_AUDIT",
    "LD_LIBRARY_PATH",
    "DYLD_INSERT_LIBRARIES",
    "GLIBC_TUNABLES",
    "GCONV_PATH",
    "PATH",
    "PERL5LIB",
    "PERL5OPT",
    "NODE_OPTIONS",
    "NODE_PATH",
    "RUBYOPT",
    "RUBYLIB",
    "BASH_ENV",
    "BASH_FUNC_ls%%",
    "ENV",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "CLASSPATH",
    "OPENSSL_CONF",
    "OPENSSL_MODULES",
    "GIT_SSH_COMMAND",
    "PAGER",
    "EDITOR",
    "HOME",
    "SHELLOPTS",
    "PS4",
    "IFS",
    "COVERAGE_PROCESS_START",
    "GUNICORN_CMD_ARGS",
    "SANDBOX_HOME",
    "VIRTUAL_ENV",
    "NUMBA_CACHE_DIR",
]


@pytest.mark.parametrize("name", LOADERS)
def test_a_variable_that_makes_a_process_run_other_code_is_refused_by_name(name):
    with pytest.raises(RefusedError, match=f"takes no {name} in a container's Environment"):
        check_environment(["MODEL_VERSION", name])


def test_what_a_model_needs_is_taken():
    needed = "MODEL_VERSION MODEL_SHA256 SAGEMAKER_PROGRAM OMP_NUM_THREADS DRAIN_SECONDS GREETING GIT_COMMIT NODE_ENV"
    check_environment([*needed.split(), "MALLOC_ARENA_MAX", "GOOGLE_CLOUD_PROJECT"])
