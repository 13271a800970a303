"""Refuse secrets in committed stack files: `python -m tools.lint_stacks [FILE ...]`.

The salt committed in Pulumi.<stack>.yaml is one of the empty passphrase: it keeps a local run's tree clean, and it
protects nothing. A secret belongs under a key management service, or in Secrets Manager.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

_KEYS = ("config", "encryptionsalt", "secretsprovider", "encryptedkey")
_MOVE = "`pulumi stack change-secrets-provider awskms://KEY` moves the stack to a provider that can keep it"

_CIPHERTEXT = re.compile(r"^(encryptionsalt|encryptedkey):|\bsecure: *[\"']?v\d+:")
_ACCESS_KEY = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
# 40 characters of base64 with an upper-case and a lower-case letter: a commit's or digest's hex has one case only.
_SECRET_KEY = re.compile(
    r"(?<![A-Za-z0-9/+=])(?=[a-z0-9/+]*[A-Z])(?=[A-Z0-9/+]*[a-z])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)


def findings(text: str) -> Iterator[str]:
    """What is wrong with a stack file's text; each finding names line or key, what is allowed, and what to do."""
    for number, line in enumerate(text.splitlines(), start=1):
        if _CIPHERTEXT.search(line):
            continue  # judged below
        if _ACCESS_KEY.search(line) or _SECRET_KEY.search(line):
            yield (
                f"line {number} holds what looks like an AWS key: revoke it now, then remove it; "
                "credentials come from the profile that `aws:profile` names"
            )
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield f"it is not YAML: {error}"
        return
    if not isinstance(content, dict):
        yield f"it is not a mapping: allowed are the keys {', '.join(_KEYS)}"
        return
    for key in content:
        if key not in _KEYS:
            yield f"key {key!r} is not allowed here: allowed are {', '.join(_KEYS)}"
    if "encryptionsalt" in content and "secretsprovider" in content:
        yield "it has an encryptionsalt and a secretsprovider: remove the encryptionsalt"
    if "secretsprovider" not in content:
        for path in _secure_values(content.get("config"), "config"):
            yield f"{path} is a secret under a committed salt, which anybody can open: remove it; {_MOVE}"


def main(arguments: list[str]) -> int:
    """Lint the files named, or every stack file in this folder; the exit status is 1 if any has a finding."""
    files = [Path(argument) for argument in arguments] or sorted(Path.cwd().glob("Pulumi.*.yaml"))
    if not files:
        print("no Pulumi.<stack>.yaml here: run it in the project's folder, or name files", file=sys.stderr)
        return 1
    messages = [f"{file.name}: {finding}" for file in files for finding in findings(file.read_text())]
    for finding in messages:
        print(finding, file=sys.stderr)
    return 1 if messages else 0


def _secure_values(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        if "secure" in value:
            yield path
        for key, inner in value.items():
            yield from _secure_values(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _secure_values(inner, f"{path}[{index}]")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
