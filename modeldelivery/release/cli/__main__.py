"""`python -m modeldelivery.release.cli` is `modelctl`, also where nothing is installed."""

import sys

from modeldelivery.release.cli import main

sys.exit(main())
