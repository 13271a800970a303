"""What goes along from one environment to the next: the same bits, and all that is known of them, each once."""

import msgspec
import pytest

from modeldelivery.release.cli.commands import parse
from modeldelivery.release.naming import BILL, image_evidence
from modeldelivery.release.record import Samples, Source, VersionRecord
from modeldelivery.release.version import DigestSet, parse_version
from tests.fakes.registry import FakeRegistry
from tests.unit.release_cli.world import PLACE
from tools.promotion import arguments, later, main, take_along

DIGEST = "sha256:" + "a" * 64
EXECUTION = "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/flights-staging/execution/abcdefghijkl"
RECORD = VersionRecord(
    version=parse_version("v1.2.0"),
    digests=DigestSet(image=DIGEST, model=DIGEST, data="rows"),
    image=f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/flights-staging@{DIGEST}",
    model_data="s3://b/model.tar.gz",
    registered_at=1.0,
    registered_by="ada",
    source=Source(commit="c" * 40, execution=EXECUTION),
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "evidence").mkdir()
    for name in ("evaluation.json", "metrics.json", "validation.json", "verify-staging.json"):
        (tmp_path / "evidence" / name).write_text("{}")
    return tmp_path


def given(record, folder):
    """As `modelctl register` reads it."""
    return parse(["register", *arguments(record, PLACE, folder)])


def test_each_document_of_evidence_goes_along_once(folder):
    """`modelctl register` refuses one that is given twice, and metrics have an option of their own."""
    options = given(RECORD, folder)
    assert options.metrics.name == "metrics.json"
    assert sorted(name for name, _ in options.evidence) == [
        "evaluation.json",
        "validation.json",
        "verify-staging.json",
    ]


def test_the_image_is_the_same_one_in_the_other_environments_repository(folder):
    image = given(RECORD, folder).image
    assert image == f"{PLACE.account}.dkr.ecr.{PLACE.region}.amazonaws.com/{PLACE.repository}@{DIGEST}"


def test_a_version_keeps_what_it_was_made_of_and_by(folder):
    options = given(RECORD, folder)
    assert (options.commit, options.execution, options.data_revision) == ("c" * 40, EXECUTION, "rows")


def test_one_that_was_registered_by_hand_says_so_there_too(folder):
    options = given(msgspec.structs.replace(RECORD, source=None), folder)
    assert (options.commit, options.execution) == (None, None)


def test_a_foreign_containers_samples_go_along(folder):
    record = msgspec.structs.replace(
        RECORD, samples=Samples(digest=DIGEST, count=1, content_types=("text/csv",), accepts=())
    )
    assert given(record, folder).samples == folder / "samples.json"
    assert given(RECORD, folder).samples is None


def test_what_an_image_is_made_of_goes_along_with_it_and_what_is_there_stays():
    of, source, target = image_evidence(DIGEST), FakeRegistry(), FakeRegistry()
    take_along(of, source, target)
    assert target.evidence == {}
    source.store_evidence(of, BILL, b"one")
    take_along(of, source, target)
    source.evidence[of, BILL] = b"other"
    take_along(of, source, target)
    assert target.evidence == {(of, BILL): b"one"}


def test_what_was_kept_since_the_registration_there_is_none_of_what_is_registered(folder):
    """`modelctl register` refuses evidence that a record does not name, and a load may be measured after a promotion."""
    evidence = folder / "evidence"
    assert later(evidence, None) == []
    names = ("evaluation.json", "metrics.json", "validation.json")
    there = msgspec.structs.replace(RECORD, evidence=dict.fromkeys(names, DIGEST))
    assert [path.name for path in later(evidence, there)] == ["verify-staging.json"]
    assert len(later(evidence, RECORD)) == len(names) + 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["1.3.0", "--from", "staging", "--to", "prod"], "'1.3.0' is not a version"),
        (["v1.3.0", "--from", "Staging", "--to", "prod"], "Invalid value for '--from'"),
        (["v1.3.0", "--from", "staging"], "Missing option '--to'"),
        (
            ["v1.3.0", "--from", "prod", "--to", "prod"],
            "--from and --to are both prod: name two environments",
        ),
    ],
)
def test_a_command_line_that_makes_no_sense_is_told_with_where_help_is(typed, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        main(typed)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in told
    assert "`python -m tools.promotion --help`" in told


def test_its_help_has_an_example_and_the_statuses(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert "python -m tools.promotion v1.3.0 --from staging --to prod" in text
    assert "Exit status" in text
