"""The contract of Traffic and Fleet (tests/contract) on the cluster's own API server and gateway."""

from tests.contract.test_endpoint import *  # noqa: F403 - the suite
from tests.kubernetes.target import target, versions  # noqa: F401 - what it is about here
