"""What a target of a rule gets: the event, a constant, a part of the event, or a template filled from it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_PATH = re.compile(r"\$(\.[\w-]+(\[\d+\])*)*")
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_PLACE = re.compile(r"<([\w.-]+)>")
_OWN = ("aws.events.event.json", "aws.events.event", "aws.events.rule-arn", "aws.events.rule-name")


class TargetError(ValueError):
    """What a target may not ask for; a sentence."""


def check(target: Mapping[str, Any]) -> None:
    """Refuse what `text` cannot give; raises TargetError."""
    transformer = target.get("InputTransformer", {})
    paths = transformer.get("InputPathsMap", {})
    for path in (*paths.values(), *([target["InputPath"]] if "InputPath" in target else [])):
        if not _PATH.fullmatch(path):
            raise TargetError(f"the sandbox reads paths such as $.detail.state, not {path!r}")
    for name in _PLACE.findall(transformer.get("InputTemplate", "")):
        if name not in paths and name not in _OWN:
            raise TargetError(f"InputTemplate names <{name}>, which InputPathsMap does not hold")


def text(target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, str]) -> str:
    """What is sent.

    Args:
        target: of a rule, as PutTargets takes it.
        event: the event.
        rule: its `arn` and `name`.
    """
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return _text(_at(event, target["InputPath"]))
    if "InputTransformer" not in target:
        return _text(event)
    transformer = target["InputTransformer"]
    values = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    own = {"rule-arn": rule["arn"], "rule-name": rule["name"], "event": event, "event.json": event}
    values |= {f"aws.events.{name}": value for name, value in own.items()}
    return _filled(transformer["InputTemplate"], values)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Between quotation marks a value is text, elsewhere JSON."""
    result, quoted, position = [], False, 0
    for match in re.finditer(r'\\.|"|<([\w.-]+)>', template):
        result.append(template[position : match.start()])
        position = match.end()
        if match[1] is None:
            quoted = quoted != (match[0] == '"')
            result.append(match[0])
        else:
            result.append(_shown(values.get(match[1]), quoted=quoted))
    return "".join(result) + template[position:]


def _shown(value: Any, *, quoted: bool) -> str:
    if not quoted:
        return _text(value)
    inner = value if isinstance(value, str) else "" if value is None else _text(value)
    return _text(inner)[1:-1]


def _text(value: Any) -> str:
    """JSON whose letters stand as they are: people read what a topic is told."""
    return json.dumps(value, ensure_ascii=False)


def _at(event: Any, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    for name, index in _STEP.findall(path):
        if name:
            event = event.get(name) if isinstance(event, Mapping) else None
        else:
            event = event[int(index)] if isinstance(event, list) and int(index) < len(event) else None
    return event
