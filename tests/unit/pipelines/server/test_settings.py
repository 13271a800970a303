from pathlib import Path

import pytest

from pipelines.server.settings import MAX_WORKERS, SettingsError, read_settings

DIGEST = "sha256:" + "0" * 64


def test_without_variables_the_server_is_what_sagemaker_expects():
    settings = read_settings({}, cpus=2)
    assert (settings.model_dir, settings.port) == (Path("/opt/ml/model"), 8080)
    assert settings.host == "0.0.0.0"  # noqa: S104 a container is reached from outside of it
    assert (settings.version, settings.digest) == ("unversioned", None)
    assert settings.workers == 2


def test_each_variable_is_read():
    settings = read_settings(
        {
            "SM_MODEL_DIR": "/model",
            "BIND_HOST": "127.0.0.1",
            "SAGEMAKER_BIND_TO_PORT": "9000",
            "MODEL_VERSION": "v1.4.0",
            "MODEL_SHA256": DIGEST,
            "DRAIN_SECONDS": "2.5",
            "SAGEMAKER_MODEL_SERVER_WORKERS": "3",
        },
        cpus=2,
    )
    assert (settings.model_dir, settings.host, settings.port) == (Path("/model"), "127.0.0.1", 9000)
    assert (settings.version, settings.digest, settings.drain_seconds) == ("v1.4.0", DIGEST, 2.5)
    assert settings.workers == 3


def test_a_machine_of_more_cpus_than_workers_are_allowed_gets_as_many_as_are_allowed():
    assert read_settings({}, cpus=MAX_WORKERS + 1).workers == MAX_WORKERS


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SAGEMAKER_BIND_TO_PORT", "http"),
        ("SAGEMAKER_BIND_TO_PORT", "65536"),
        ("SAGEMAKER_BIND_TO_PORT", "-1"),
        ("SAGEMAKER_BIND_TO_PORT", "²"),
        ("MODEL_VERSION", "v1.4.0-\N{RIGHT SINGLE QUOTATION MARK}final"),
        ("MODEL_SHA256", "0" * 64),
        ("MODEL_SHA256", DIGEST.upper()),
        ("DRAIN_SECONDS", "0"),
        ("DRAIN_SECONDS", "31"),
        ("DRAIN_SECONDS", "nan"),
        ("DRAIN_SECONDS", "soon"),
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "0"),
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "many"),
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "1000"),
    ],
)
def test_a_value_that_cannot_be_obeyed_is_refused_by_name(variable, value):
    with pytest.raises(SettingsError, match=f"{variable}={value!r}.* write "):
        read_settings({variable: value}, cpus=2)
