"""What the page's own environment cannot do."""

import pytest

from pipelines.data_drift import page


@pytest.mark.parametrize("places", [("s3://b/baseline.json", "capture"), ("baseline.json", "s3://b/capture")])
def test_a_place_of_s3_is_refused_with_how_to_copy_it(places, capsys):
    baseline, captured = places
    with pytest.raises(SystemExit, match="2"):
        page.main(
            ["--baseline", baseline, "--captured", captured, "--until", "2013-04-08", "--out", "drift.html"]
        )
    assert "aws s3 cp --recursive s3://b/" in capsys.readouterr().err
