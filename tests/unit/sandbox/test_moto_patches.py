import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import moto_patches
from sandbox.daemon import SandboxError

REQUIREMENTS = Path(__file__).parents[3] / "requirements" / "dev.in"


def test_another_moto_is_refused_with_what_to_type(monkeypatch):
    monkeypatch.setattr(moto_patches, "VERSION", "5.0.0")
    with pytest.raises(SandboxError, match=r"moto 5\.2\.5 is installed.*moto 5\.0\.0: type `make setup`"):
        moto_patches.check_version()


def test_the_moto_that_set_up_installs_is_the_one_that_is_patched():
    assert re.search(r"moto\[server\]==(\S+)", REQUIREMENTS.read_text())[1] == moto_patches.VERSION
    moto_patches.check_version()


def test_a_sandbox_starts_without_ec2_and_its_instance_types():
    """In a process of its own: here others have imported moto, whole."""
    starts = "from sandbox import moto_patches; moto_patches.prepare(); import sandbox.world, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", starts], capture_output=True, text=True, check=True)
    assert "moto.applicationautoscaling.models" in done.stdout.split()
    assert [name for name in done.stdout.split() if name.startswith("moto.ec2")] == []
