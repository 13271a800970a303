"""`python -m tools.roles`: run every role's flow with everything allowed, and write what it took to docs/roles."""

import sys
import tempfile
from pathlib import Path

from modeldelivery.terminal import program
from modeldelivery.terminal.steps import step
from tools.roles.flows import ROLES, STEPS
from tools.roles.policies import FOLDER, derived, write
from tools.roles.resources import StrangeResourceError
from tools.roles.site import ROOT, FlowError, Site

EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
# As quick as the sandbox can be: nothing here depends on how long AWS takes.
QUICK = "weights=0.05:0.1,endpoint=0.02:0.05,ping=20,unseen=0,seed=7"


def main() -> int:
    """Returns 0 when the policies are written."""
    return program.run("roles", _derive, "interrupted. Run it again: it begins anew")


def _derive() -> int:
    with tempfile.TemporaryDirectory(prefix="roles-") as folder:
        site = Site(Path(folder), QUICK)
        try:
            with step("a sandbox, a state bucket, a stack", sys.stdout):
                site.open()
                for role in ROLES:
                    site.give(role, EVERYTHING)
            for each in STEPS:
                with step(f"{each.role} {each.what}", sys.stdout):
                    each.run(site)
            write(derived(site.calls()))
        except (FlowError, StrangeResourceError) as error:
            program.complain("roles", str(error))
            return 1
        finally:
            site.close()
    print(f"written: {FOLDER.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
