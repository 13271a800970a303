"""What a training is given, as the pipeline takes it."""

from modeldelivery.release.core import training


def test_the_steps_own_engine_is_no_configuration():
    assert training.evaluation_text({}) == training.evaluation_text({"engine": "slices"}) == ""
    assert training.evaluation_text({"engine": "tfma", "a": 1}) == '{"a":1,"engine":"tfma"}'
