"""The post-receive hook of the sandbox's repositories: `python -IS hook.py HOME ACCOUNT`, updates on standard input.

It tells the sandbox what was pushed, and the person who pushed what came of it. Only the standard library is at hand.
"""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main() -> int:
    home, account = Path(sys.argv[1]), sys.argv[2]
    updates = [dict(zip(("old", "new", "ref"), line.split(), strict=True)) for line in sys.stdin]
    try:
        daemon = json.loads((home / "daemon.json").read_text())
        request = urllib.request.Request(
            f"http://127.0.0.1:{daemon['control']}/sandbox/pushed",
            data=json.dumps({"account": account, "updates": updates}).encode(),
            headers={"X-Sandbox-Token": daemon["token"], "Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            messages = json.load(answer)["messages"]
    except urllib.error.HTTPError as error:
        messages = [f"the sandbox refused the push: {json.load(error).get('message', error)}"]
    except (OSError, ValueError) as error:
        again = "take each tag away (`git push REMOTE :TAG`) and push it again, since Git does not send what is there"
        messages = [f"the sandbox does not run, so nothing is built ({error}): `make up`, then {again}"]
    for message in messages:
        print(f"sandbox: {message}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
