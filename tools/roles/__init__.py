"""The least that each role may do, derived from what it really does: `python -m tools.roles`.

The flows of every role run with the real engine against a sandbox, which records what each call takes. From that, and
from a reviewed list of what no flow can show (`unseen.toml`), come the policies in docs/roles.
"""
