"""What `make model` left is a comment of its own, beside that of the previews."""

import msgspec
import pytest

from modeldelivery.review import engine
from modeldelivery.review.core.words import Name
from modeldelivery.review.report import markdown
from modeldelivery.review.report.page import Kept, Page
from tests.unit.review.test_gathered import place, previewed  # noqa: F401 - fixtures

PAGE = Page(title=("Model ", Name("flights"), ": stopped"), sections=(), refused=True)


@pytest.fixture
def kept():
    """The folder's page of the model, of a commit: `kept("abc")`."""

    def keep(commit, folder):
        folder.mkdir(exist_ok=True)
        (folder / "model.page").write_bytes(msgspec.json.encode(Kept(commit=commit, page=PAGE)))

    return keep


@pytest.mark.usefixtures("previewed")
def test_the_model_gets_a_comment_of_its_own_before_the_previews(run, place, kept, tmp_path):  # noqa: F811
    kept(engine.commit(), tmp_path / ".review")
    assert run("comment") == 0
    model, previews = place.comments
    assert model.startswith(f"{markdown.MODEL_MARKER}\n## ⛔ Model `flights`: stopped")
    assert previews.startswith(markdown.MARKER)


def test_the_model_is_told_of_also_when_there_is_no_preview(run, place, kept, tmp_path):  # noqa: F811
    kept(engine.commit(), tmp_path / ".review")
    assert run("comment") == 1
    assert len(place.comments) == 1


@pytest.mark.usefixtures("previewed")
def test_a_model_of_another_commit_is_not_told_of(run, place, kept, tmp_path, capsys):  # noqa: F811
    kept("another", tmp_path / ".review")
    assert run("comment") == 0
    assert [body.startswith(markdown.MARKER) for body in place.comments] == [True]
    assert "model.page is of another commit: `make model` writes it anew" in capsys.readouterr().err


@pytest.mark.usefixtures("previewed")
def test_without_a_model_there_is_one_comment(run, place):  # noqa: F811
    assert run("comment") == 0
    assert len(place.comments) == 1
