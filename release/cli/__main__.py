"""`python -m release.cli` is `modelctl`, also where nothing is installed."""

import sys

from release.cli import main

sys.exit(main())
