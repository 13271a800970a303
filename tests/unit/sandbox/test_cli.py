import pytest

from sandbox import cli

IMAGE = ["image", "--profile", "staging", "--repository", "flights"]


def test_an_image_is_built_or_loaded():
    parse = cli._parser().parse_args
    assert str(parse([*IMAGE, "."]).context) == "."
    assert str(parse([*IMAGE, "--archive", "image.tar"]).archive) == "image.tar"


def run(arguments):
    parsed = cli._parser().parse_args(arguments)
    parsed.run(None, parsed)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "one of the arguments --archive CONTEXT is required"),
        ([".", "--archive", "image.tar"], "argument --archive: not allowed with argument CONTEXT"),
        (["--archive", "image.tar", "."], "argument CONTEXT: not allowed with argument --archive"),
        (
            ["--archive", "image.tar", "--file", "Dockerfile"],
            "argument --file: it names a CONTEXT's Dockerfile",
        ),
    ],
)
def test_what_is_both_or_neither_is_a_usage_error(arguments, why, capsys):
    with pytest.raises(SystemExit) as ended:
        run([*IMAGE, *arguments])
    assert ended.value.code == 2
    assert why in capsys.readouterr().err
