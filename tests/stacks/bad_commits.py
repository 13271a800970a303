"""Commits that a build's checks stop, and the sentence with which they do: a file's edit, by what is wrong with it."""

FEATURES = "pipelines/flights/features.py"
TESTS = "tests/unit/pipelines/flights/test_features.py"
FAILING = '\n\ndef test_planted():\n    assert len("x") == 2\n'
LINT = (FEATURES, "import numpy as np", "import os\nimport numpy as np")

# By name: the version, the file, what of it becomes what, and how the reason begins.
BAD = {
    "a failing test": (
        "v1.7.0",
        TESTS,
        ("\n\ndef test", f"{FAILING}\n\ndef test"),
        f"tests: {TESTS}::test_planted: AssertionError: assert 1 == 2",
    ),
    "an image without ENTRYPOINT": (
        "v1.7.1",
        "pipelines/server/Dockerfile",
        ("ENTRYPOINT", "CMD"),
        "images: pipelines/server/Dockerfile: no ENTRYPOINT",
    ),
    "a wrong type": ("v1.7.2", FEATURES, ("_DAY = 24 * 60", '_DAY: int = "24"'), f"types: {FEATURES}:"),
    "a step that does not compile": (
        "v1.7.4",
        "pipelines/steps/train.py",
        ("import argparse\n", "import argparse as\n"),
        "syntax: pipelines/steps/train.py:",
    ),
    "a server that takes a package that its image lacks": (
        "v1.7.5",
        "pipelines/server/app.py",
        ("import time\n", "import time\n\nimport pandas as pd\n"),
        "images: pipelines.server cannot be imported: ModuleNotFoundError: No module named 'pandas' (pipelines/server/app.py",
    ),
    "features that the server does not know": (
        "v1.7.3",
        FEATURES,
        ('("origin", "airport of departure"', '("start", "airport of departure"'),
        "tests: ",
    ),
}
