"""`python -m monitoring.page` of an endpoint that serves: its journal's history, and what is in the registry's bucket."""

import subprocess
import sys

import pytest
from msgspec import structs

from pipelines.quality import report
from tests.conftest import CHECKOUT
from tests.stacks.endpoint import LiveEndpoint
from tests.unit.monitoring.page.conftest import quality_of

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def live(hosting):
    return LiveEndpoint(hosting, "shown")


def page(live, out):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "monitoring.page"),
            *("--model", live.place.model, "--env", "staging", "--out", str(out)),
        ],
        cwd=CHECKOUT, env=live.sandbox.env, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out}\n"
    return out.read_text()


def test_the_page_has_the_journals_history_and_the_registrys_reports(live, tmp_path):
    live.write(structs.replace(live.journal, history=(live.journal.decision,)))
    empty = page(live, tmp_path / "empty.html")
    assert "<td>ci</td>" in empty
    assert "v2.0.0 serves" in empty
    assert empty.count("Not collected: there is no report below s3://") == 2
    judged = quality_of(10, 0.651, "worse")
    key = f"quality/{live.place.endpoint}/{judged.file_name}"
    live.s3.put_object(Bucket=live.place.registry_bucket, Key=key, Body=report.encode(judged))
    shown = page(live, tmp_path / "shown.html")
    assert "2013-10-01 to 2013-10-28, v1.1.0: AUC is 0.651" in shown
    assert shown.count("<svg") == 2
