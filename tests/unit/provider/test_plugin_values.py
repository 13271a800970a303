import pytest
from google.protobuf import json_format, struct_pb2

from modeldelivery.plugin.values import (
    NO_SECRETS,
    UNKNOWN,
    Secrets,
    ValueRefusedError,
    contains_unknown,
    decode,
    encode,
)

SIGNATURE = "4dabf18193072939515e22adb298388d"
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def struct(value: dict) -> struct_pb2.Struct:
    return json_format.ParseDict(value, struct_pb2.Struct())


def secret(value: object) -> dict:
    return {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": value}


def test_plain_values_survive_the_wire():
    values = {"a": 1, "b": 1.5, "c": True, "d": None, "e": "text", "f": [1, {"g": []}], "h": {}}
    assert decode(encode(values)) == (values, NO_SECRETS)


def test_a_whole_number_is_an_int():
    assert repr(decode(struct({"count": 3.0}))[0]["count"]) == "3"


@pytest.mark.parametrize(
    "text",
    [
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    ],
)
def test_every_kind_of_unknown_is_unknown(text):
    assert decode(struct({"x": [text]}))[0] == {"x": [UNKNOWN]}


def test_an_unknown_goes_back_unknown():
    assert encode({"x": UNKNOWN}).fields["x"].string_value == UNKNOWN_STRING


def test_an_unknown_is_found_however_deep():
    assert contains_unknown({"a": [{"b": UNKNOWN}]})
    assert not contains_unknown({"a": [{"b": UNKNOWN_STRING}]})


def test_an_output_value_without_a_value_is_unknown():
    output = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "dependencies": ["urn"]}
    assert decode(struct({"x": output}))[0] == {"x": UNKNOWN}


def test_a_secret_output_value_is_a_secret():
    output = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "hush", "secret": True}
    assert decode(struct({"x": output})) == ({"x": "hush"}, Secrets(frozenset({"x"}), frozenset({"hush"})))


def test_a_secret_comes_back_secret():
    values, secrets = decode(struct({"tags": {"who": secret("hush")}, "name": "flights"}))
    assert values == {"tags": {"who": "hush"}, "name": "flights"}
    answer = json_format.MessageToDict(encode(values, secrets))
    assert answer == {"tags": secret({"who": "hush"}), "name": "flights"}


def test_what_holds_a_secrets_text_goes_back_secret():
    _, secrets = decode(struct({"tags": {"who": secret("hush")}}))
    answer = json_format.MessageToDict(encode({"tagsAll": {"who": "a hush b"}, "arn": "arn"}, secrets))
    assert answer == {"tagsAll": secret({"who": "a hush b"}), "arn": "arn"}


def test_an_empty_secret_makes_nothing_else_secret():
    _, secrets = decode(struct({"password": secret("")}))
    assert json_format.MessageToDict(encode({"arn": "arn"}, secrets)) == {"arn": "arn"}


@pytest.mark.parametrize(
    ("signature", "kind"),
    [
        ("c44067f5952c0a294b673a41bacd8c17", "an asset"),
        ("0def7320c3a5731c473e5ecbe6d01bc7", "an archive"),
        ("5cf8f73096256a8f31e491e813e4eb8e", "a resource"),
        ("ffffffffffffffffffffffffffffffff", "an unknown kind (ffffffffffffffffffffffffffffffff)"),
    ],
)
def test_what_is_no_plain_value_is_refused_with_its_place(signature, kind):
    with pytest.raises(ValueRefusedError) as refused:
        decode(struct({"body": [{"source": {SIGNATURE: signature}}]}))
    assert "body[0].source" in str(refused.value)
    assert kind in str(refused.value)


def test_a_value_the_wire_does_not_know_is_refused_with_its_place():
    with pytest.raises(ValueRefusedError, match=r"when\.at is a set"):
        encode({"when": {"at": {1}}})
