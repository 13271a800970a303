"""Every environment variable by which a shell could change what runs in the sandbox: what becomes of it, and why.

The first rule that names a variable decides. What no rule names stays in a person's shell (an editor, a desktop), and no
process that the sandbox starts gets it. docs/operations.md shows this table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class Fate(StrEnum):
    """What becomes of a variable on the way in."""

    SET = "set"  # whatever it was
    EXTENDED = "extended"
    KEPT = "kept"  # as it is
    CLEARED = "cleared"
    LEFT = "left to the shell"  # which keeps it; processes do not get it


@dataclass(frozen=True)
class Rule:
    """What becomes of some variables.

    Attributes:
        names: of the variables; `*` stands for any text.
        any_case: the names stand for themselves in any mixture of cases.
    """

    names: tuple[str, ...]
    fate: Fate
    why: str
    any_case: bool = False

    def names_it(self, variable: str) -> bool:
        name = variable.upper() if self.any_case else variable
        return any(fnmatchcase(name, pattern) for pattern in self.names)


SET, EXTENDED, KEPT, CLEARED, LEFT = Fate
RULES = (
    # AWS
    Rule(
        ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
        SET,
        "the profiles `staging`, `prod`, `edge-staging` and `edge-prod` of this sandbox, with its endpoints and its keys, and no others",
    ),
    Rule(("AWS_EC2_METADATA_DISABLED",), SET, "nobody asks the network for credentials"),
    Rule(
        ("AWS_*", "BOTO_*"),
        CLEARED,
        "another profile, key, role, region, endpoint or certificate would lead elsewhere, an account for real among them",
    ),
    Rule(("MOTO_*",), CLEARED, "moto, which stands for AWS here, changes its behaviour by them"),
    # Pulumi
    Rule(
        ("PULUMI_HOME",), SET, "the plugins and log-ins of this sandbox, the embedded aws plugin among them"
    ),
    Rule(
        ("PULUMI_BACKEND_URL",),
        SET,
        "the state of this sandbox: the stacks of another backend, which have the same names, are never touched",
    ),
    Rule(("PULUMI_CONFIG_PASSPHRASE",), SET, "empty: nothing here is secret to whoever owns the sandbox"),
    Rule(("PULUMI_SKIP_UPDATE_CHECK",), SET, "nothing is asked of the network"),
    Rule(("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",), SET, "no plugin is downloaded"),
    Rule(("PULUMI_IGNORE_AMBIENT_PLUGINS",), SET, "no plugin is taken from PATH"),
    Rule(
        ("PULUMI_*",),
        CLEARED,
        "another stack, token, passphrase, plugin or option of every command (PULUMI_OPTION_…, PULUMI_EXPERIMENTAL)",
    ),
    # Kubernetes
    Rule(("KUBECONFIG",), SET, "the cluster beside this sandbox, and no other, whether it runs or not"),
    Rule(
        ("KUBERNETES_*", "KUBE_*"),
        CLEARED,
        "another cluster, or other defaults of the Kubernetes provider",
    ),
    # This project
    Rule(
        ("SANDBOX_HOME", "SANDBOX_DELAYS", "SANDBOX_ISOLATION"),
        KEPT,
        "the sandbox's own: its folder, SageMaker's delays, and how far containers are kept apart",
    ),
    Rule(
        ("SANDBOX_*", "MODELCTL_*"), CLEARED, "unknown ones, and another model than the one that is deployed"
    ),
    # Python
    Rule(("PYTHONUTF8",), SET, "files are UTF-8 in every locale"),
    Rule(("VIRTUAL_ENV",), SET, "the environment that comes first on PATH"),
    Rule(
        ("PYTHON*", "__PYVENV_LAUNCHER__"),
        CLEARED,
        "other modules, another start-up file or another interpreter would run",
    ),
    # The network
    Rule(
        ("NO_PROXY", "no_proxy"),
        SET,
        "`*`: everything is on this machine, and without it macOS takes the proxies of its settings",
    ),
    Rule(
        ("*_PROXY",), CLEARED, "calls to this machine, keys in them, would go through a proxy", any_case=True
    ),
    Rule(("GRPC_*",), CLEARED, "the engine and its plugins talk gRPC: other proxies, certificates and noise"),
    Rule(
        ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        CLEARED,
        "nothing here speaks TLS, and a file that is not there fails clients that read it all the same",
    ),
    Rule(("SSLKEYLOGFILE", "OPENSSL_*"), CLEARED, "a file outside would be written, or a library loaded"),
    Rule(("OTEL_*",), CLEARED, "traces would be sent elsewhere"),
    # Programs
    Rule(("PATH",), EXTENDED, "this project's Pulumi and commands come first"),
    Rule(
        ("LD_*", "DYLD_*", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH"),
        CLEARED,
        "the loader would put other code into every process",
    ),
    Rule(("BASH_ENV", "ENV"), CLEARED, "every shell script would run another one first"),
    Rule(
        (
            "GIT_AUTHOR_*",
            "GIT_COMMITTER_*",
            "GIT_EDITOR",
            "GIT_PAGER",
            "GIT_ASKPASS",
            "GIT_SSH*",
            "GIT_SSL_*",
        ),
        LEFT,
        "how a person commits and pushes",
    ),
    Rule(("GIT_*",), CLEARED, "Git would look at another repository, index or setting (a hook's GIT_DIR)"),
    # The person
    Rule(("HOME", "TMPDIR"), SET, "as they are where they can be used, else a folder that can"),
    Rule(
        ("USER",),
        SET,
        "as it is, else the name or number of the user: the engine takes it where the machine knows no name",
    ),
    Rule(("LOGNAME",), KEPT, "who decided, in the journal"),
    Rule(("LANG", "LC_*", "TZ"), KEPT, "a person's language and time"),
    Rule(("TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES"), KEPT, "the terminal"),
    Rule(("COVERAGE_*",), KEPT, "what a measured test starts is measured too"),
)
_SETTABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # what a shell's `unset` takes


def rule_of(variable: str) -> Rule | None:
    """The rule that decides on a variable; None for one that no rule names."""
    return next((rule for rule in RULES if rule.names_it(variable)), None)


def inside(outside: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process in the sandbox.

    Args:
        outside: the environment of whoever starts it.
        values: of all that is set or extended.
    """
    kept = {name: value for name, value in outside.items() if _fate(name) is KEPT}
    return {**kept, **values}


def cleared(outside: Mapping[str, str]) -> list[str]:
    """The variables that a shell has to unset on its way in."""
    return sorted(name for name in outside if _fate(name) is CLEARED and _SETTABLE.fullmatch(name))


def unheeded(outside: Mapping[str, str]) -> list[str]:
    """Variables that look like the sandbox's own and are none."""
    return sorted(name for name in outside if name.startswith("SANDBOX_") and _fate(name) is CLEARED)


def _fate(variable: str) -> Fate | None:
    rule = rule_of(variable)
    return rule.fate if rule else None
