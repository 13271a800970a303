"""What set-up takes of the shell, and a clone on a machine with unusual settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.setup.shell import entered

CHECKOUT = Path(__file__).resolve().parents[3]
REACHES = {
    "PIP_INDEX_URL": "https://packages.example/simple",
    "PIP_EXTRA_INDEX_URL": "https://more.example/simple",
    "PIP_CERT": "/etc/company.pem",
    "PIP_DEFAULT_TIMEOUT": "60",
    "UV_DEFAULT_INDEX": "https://packages.example/simple",
    "UV_INDEX_COMPANY_PASSWORD": "x",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "SSL_CERT_FILE": "/etc/company.pem",
    "GOPROXY": "https://go.example",
    "PATH": "/usr/bin",
}
CHANGES = [
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "VIRTUAL_ENV",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_CONSTRAINT",
    "PIP_NO_DEPS",
    "PIP_DRY_RUN",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
    "UV_EXCLUDE_NEWER",
    "GOOS",
    "GOARCH",
    "GOBIN",
    "GIT_DIR",
    "LD_PRELOAD",
    "BASH_ENV",
]


def test_how_packages_are_reached_is_taken(tmp_path):
    assert REACHES.items() <= entered({**REACHES, "HOME": str(tmp_path)}, tmp_path).items()


@pytest.mark.parametrize("name", CHANGES)
def test_what_would_install_other_things_or_elsewhere_is_not(tmp_path, name):
    assert name not in entered({name: "x", "HOME": str(tmp_path)}, tmp_path)


@pytest.mark.parametrize("home", ["/nonexistent", "", "relative"])
def test_a_user_without_a_home_has_one_in_the_clone(tmp_path, home):
    environment = entered({"HOME": home, "XDG_CACHE_HOME": "/dev/null/cache"}, tmp_path)
    assert environment == {"HOME": str(tmp_path / ".tools" / "home")}
    assert (tmp_path / ".tools" / "home").stat().st_mode & 0o777 == 0o700


def test_a_home_that_can_be_used_is_used(tmp_path):
    assert entered({"HOME": str(tmp_path)}, Path("/")) == {"HOME": str(tmp_path)}


def test_a_cache_that_is_not_there_yet_is_used(tmp_path):
    """A build's first: the platform keeps that folder for the next."""
    shell = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "of" / "the" / "build")}
    assert entered(shell, Path("/")) == shell


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone by a person whose Git writes CRLF."""
    folder = tmp_path_factory.mktemp("clone") / "clone"
    command = ["git", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", "clone", "--quiet", "--local"]
    subprocess.run([*command, str(CHECKOUT), str(folder)], check=True, timeout=120)
    return folder


def test_every_file_has_lf_in_a_clone_whose_git_writes_crlf(clone):
    told = subprocess.run(["git", "ls-files", "--eol"], cwd=clone, capture_output=True, text=True, check=True)
    right = ("w/lf", "w/none", "attr/-text")  # the last: of a kind that .gitattributes calls binary
    wrong = [line for line in told.stdout.splitlines() if not any(word in line for word in right)]
    assert wrong == []


def test_a_script_of_such_a_clone_starts(clone):
    done = subprocess.run(
        [clone / ".ci" / "aws-profile"], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (2, "usage: .ci/aws-profile ENV\n")


@pytest.mark.parametrize(("umask", "mode"), [(0o000, 0o755), (0o022, 0o755), (0o077, 0o700)])
def test_what_set_up_makes_is_never_open_to_change_by_others(tmp_path, umask, mode):
    """And a stricter umask stays."""
    script = """
import os, sys
from pathlib import Path
import tools.setup.environments as environments
def ensure(environment, root, step):
    Path(sys.argv[1]).mkdir()
    raise environments.SetupError("seen enough")
environments.ensure = ensure
from tools.setup.__main__ import main
os.umask(int(sys.argv[2]))
sys.exit(main())
"""
    made = tmp_path / "made"
    done = subprocess.run(
        [sys.executable, "-c", script, str(made), str(umask)],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert made.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("file", ["Pulumi.yaml", "modeldelivery/policy/PulumiPolicy.yaml"])
def test_a_lock_file_of_another_tool_in_a_folder_above_switches_nothing(file):
    """The official language host looks for uv.lock and poetry.lock upwards where no toolchain is named."""
    assert "    toolchain: pip" in (CHECKOUT / file).read_text()


def test_no_recipe_gets_the_shells_settings_of_python(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    planted = {
        "PYTHONPATH": str(tmp_path),
        "PYTHONSAFEPATH": "1",
        "PYTHON": "/bin/false",
        "ENV": "/etc/profile",
        "BASH_ENV": "/etc/profile",
    }
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "setup", "preview", "ENV=staging"],
        cwd=CHECKOUT, env=os.environ | planted, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    assert "python3 -m tools.setup" in done.stdout
    assert "--env staging" in done.stdout
    probe = tmp_path / "probe.mk"
    probe.write_text("include Makefile\nprobe:\n\t@env\n")
    completed = subprocess.run(
        ["make", "--no-print-directory", "-f", str(probe), "probe"],
        cwd=CHECKOUT, env=os.environ | planted, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    assert not [
        line for line in completed.stdout.splitlines() if line.startswith(("PYTHON", "ENV=", "BASH_ENV="))
    ]
    assert not (tmp_path / "ran").exists()


def test_make_up_loads_nothing_that_looks_at_the_environment_before_it_has_left_the_shell(tmp_path):
    """A C library does so when Python loads it: one of pyarrow's makes the file that SSLKEYLOGFILE names."""
    shown = subprocess.run(
        [sys.executable, "-I", "-c", "import tools.demo.__main__, sys; print(*sys.modules)"],
        cwd=CHECKOUT, env=os.environ | {"SSLKEYLOGFILE": str(tmp_path / "keys")}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert {"boto3", "botocore", "pandas", "pyarrow", "ssl"} & set(shown.stdout.split()) == set()
    assert not (tmp_path / "keys").exists()
