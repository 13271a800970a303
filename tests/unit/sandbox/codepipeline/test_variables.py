import pytest

from sandbox.codepipeline.variables import VariableError, fill, namespaces_of

SPACES = {"Source": {"CommitId": "abc"}, "variables": {"months": "3"}}


def test_places_are_filled_and_the_rest_stays():
    assert fill("#{Source.CommitId}/#{variables.months} #{ $x", SPACES) == "abc/3 #{ $x"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#{Source.Tag}", "#{Source.Tag}: Source has CommitId"),
        ("#{Build.VERSION}", "#{Build.VERSION}: Build has nothing"),
    ],
)
def test_a_place_without_a_value_is_named_with_what_there_is(text, why):
    with pytest.raises(VariableError) as caught:
        fill(text, SPACES)
    assert str(caught.value) == why


def test_the_namespaces_of_a_text_are_listed_and_what_is_no_variable_is_refused():
    assert list(namespaces_of("#{Source.CommitId} #{variables.months}")) == ["Source", "variables"]
    with pytest.raises(VariableError, match=r"#\{CommitId\} is no variable"):
        list(namespaces_of("#{CommitId}"))
