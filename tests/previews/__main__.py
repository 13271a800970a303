"""Print a recording whole: `.venv/bin/python -m tests.previews NAME`."""

import json
import sys

from tests.previews import names, recorded

if sys.argv[1:] == [] or set(sys.argv[1:]).difference(names()):
    sys.exit(f"name one of: {', '.join(names())}")
for name in sys.argv[1:]:
    print(json.dumps(recorded(name), indent=1, ensure_ascii=False))
