"""The suite of releases (tests/contract), whole, on the cluster's own API server and gateway."""

import pytest

from tests.contract.test_releases import *  # noqa: F403 - the suite
from tests.kubernetes.target import target, versions  # noqa: F401 - what it is about here

pytestmark = pytest.mark.soak
