"""What executes the Jenkinsfile takes a JVM, which `make check` does not start."""

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name == "test_definitions.py" and "jenkins" in item.name:
            item.add_marker(pytest.mark.slow)
