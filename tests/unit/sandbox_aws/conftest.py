import http.client
import os
from urllib.parse import urlsplit

import pytest
from moto.server import ThreadedMotoServer

from sandbox import moto_patches
from tests.unit.sandbox_aws.stack import Stack, configured


@pytest.fixture(scope="session")
def moto():
    """An AWS of this process alone, as the sandbox has it."""
    moto_patches.apply()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="package")
def environment(moto):
    """An environment that knows no other AWS, for as long as tests of this folder run: others may come between."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ENDPOINT_URL", moto)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture
def stack():
    """The provider with nothing behind it: what makes no call needs no cloud."""
    return Stack(configured())


@pytest.fixture(scope="package")
def connected(environment):  # noqa: ARG001 - a fixture cannot say usefixtures
    """One provider for all tests, since each new client costs a tenth of a second."""
    return configured()


@pytest.fixture
def cloud(connected, moto):
    """The provider in front of an empty AWS."""
    host = urlsplit(moto).netloc
    reset = http.client.HTTPConnection(host, timeout=10)
    reset.request("POST", "/moto-api/reset")
    assert reset.getresponse().status == http.HTTPStatus.OK
    reset.close()
    return Stack(connected)
