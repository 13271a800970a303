"""`python -m modeldelivery.review`: what `make preview`, `make comment`, `make deploy` and `make drift` call."""

import sys

from modeldelivery.review.cli import main

if __name__ == "__main__":
    sys.exit(main())
