"""What needs Evidently's environment: `make evidently` makes it and runs these; nothing else does."""

import pytest

from tools.demo.run import ROOT

PYTHON = ROOT / ".venv-drift" / "bin" / "python"


def pytest_collection_modifyitems(items):
    if not PYTHON.is_file():
        for item in items:
            if item.path.parent.name == "drift":
                item.add_marker(pytest.mark.skip(reason="no .venv-drift: `make setup-drift` makes it"))
