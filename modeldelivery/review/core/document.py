"""What `pulumi preview --json` writes, read strictly: what is not known is refused or told, never skipped.

Schema: `PreviewDigest` and `ResourceV3` of the engine, pkg/v3/display/json.go and sdk/v3/go/common/apitype/core.go at v3.259.0.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from modeldelivery.review.core.errors import ReviewError
from modeldelivery.review.core.reasons import reasons
from modeldelivery.review.core.unread import HidingPlaceError, unread

ENGINE = "3.259"  # whose schema this is
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # stands where a value is known only after the update
SECRET = "[secret]"  # noqa: S105 - what the engine writes in place of one
MAX_BYTES = 256 * 2**20


class DocumentError(ReviewError, ValueError):
    """A document that is no preview; the message says where and what."""


class Op(StrEnum):
    """The engine's step kinds (pkg/v3/resource/deploy/step.go)."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    REFRESH = "refresh"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"
    DIFF = "diff"
    EXTEND_PARAMETERIZE = "extend-parameterize"


# Steps of a replacement that the engine counts and, without --show-replacement-steps, does not show.
_PHYSICAL = {
    Op.CREATE_REPLACEMENT,
    Op.DELETE_REPLACED,
    Op.READ_REPLACEMENT,
    Op.DISCARD_REPLACED,
    Op.REMOVE_PENDING_REPLACE,
    Op.IMPORT_REPLACEMENT,
}
_COUNTED = {Op.SAME, Op.CREATE, Op.UPDATE, Op.DELETE, Op.REPLACE, Op.IMPORT}
_TAKES_AWAY = {
    Op.DELETE,
    Op.DELETE_REPLACED,
    Op.DISCARD,
    Op.DISCARD_REPLACED,
    Op.REMOVE_PENDING_REPLACE,
}
_KEEPS = {Op.SAME, Op.UPDATE, Op.REPLACE}


class _Record(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of the document; `unread` says which of its fields are not known."""


class State(_Record, frozen=True):
    """A resource before or after; of what the reader does not use, only the presence is known."""

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: dict[str, Any] = {}
    protect: bool = False
    external: bool = False
    retain_on_delete: bool = False
    delete: bool = False
    taint: bool = False
    import_id: str = msgspec.field(default="", name="importID")
    outputs: msgspec.Raw = msgspec.Raw()
    parent: str = ""
    dependencies: msgspec.Raw = msgspec.Raw()
    init_errors: tuple[str, ...] = ()
    provider: str = ""
    property_dependencies: msgspec.Raw = msgspec.Raw()
    pending_replacement: bool = False
    additional_secret_outputs: msgspec.Raw = msgspec.Raw()
    aliases: msgspec.Raw = msgspec.Raw()
    custom_timeouts: msgspec.Raw = msgspec.Raw()
    deleted_with: str = ""
    replace_with: msgspec.Raw = msgspec.Raw()
    created: str = ""
    modified: str = ""
    source_position: str = ""
    stack_trace: msgspec.Raw = msgspec.Raw()
    ignore_changes: tuple[str, ...] = ()
    hide_diff: msgspec.Raw = msgspec.Raw()
    replace_on_changes: msgspec.Raw = msgspec.Raw()
    replacement_trigger: msgspec.Raw = msgspec.Raw()
    refresh_before_update: bool = False
    view_of: str = ""
    resource_hooks: msgspec.Raw = msgspec.Raw()
    extension_ref: msgspec.Raw = msgspec.Raw()
    snippet_id: str = msgspec.field(default="", name="snippetID")


class Difference(_Record, frozen=True):
    """How a property differs, by the provider: `kind` is add, delete or update, each also with `-replace`."""

    kind: str
    input_diff: bool


class Step(_Record, frozen=True):
    """What the engine will do to one resource. `old` is absent for a new one, `new` for one that goes."""

    op: Op
    urn: str
    provider: str = ""
    old: State | None = msgspec.field(default=None, name="oldState")
    new: State | None = msgspec.field(default=None, name="newState")
    diff_reasons: tuple[str, ...] = ()
    replace_reasons: tuple[str, ...] = ()
    detailed_diff: dict[str, Difference] | None = None

    @property
    def state(self) -> State:
        """What it is about: as it will be, or as it was when it goes."""
        state = self.new or self.old
        assert state is not None, "read() lets no step without a state pass"
        return state


class Diagnostic(_Record, frozen=True):
    """A message of the engine, a provider or the program."""

    urn: str = ""
    prefix: str = ""
    message: str = ""
    severity: str = ""


def failures(diagnostics: Iterable[Diagnostic]) -> tuple[str, ...]:
    """Why an engine's run failed, by its messages; empty when it did not, or did not say."""
    several = tuple(diagnostics)
    errors = [_of_resource(each) for each in several if each.severity == "error"]
    return (
        reasons(errors, "".join(each.message for each in several if each.severity == "info#err"))
        if errors
        else ()
    )


def _of_resource(error: Diagnostic) -> str:
    """An error's message, with the name of the resource that it is about."""
    message = error.message.strip().removeprefix("error: ")
    name = error.urn.rpartition("::")[2] if "pulumi:pulumi:Stack::" not in error.urn else ""
    return f"{name}: {message}" if name and name not in message else message


class _Written(_Record, frozen=True):
    """A whole preview as the engine writes it. `duration` is in nanoseconds."""

    config: dict[str, str] = {}
    steps: tuple[Step, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    duration: int = 0
    change_summary: dict[Op, int] = {}
    maybe_corrupt: bool = False


class Document(_Written, frozen=True):
    """A whole preview. `unread` are the paths of fields that this reader does not know, and that cannot hold steps."""

    unread: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[str, ...]:
        """Why the preview failed: what names a cause, else what the program last wrote and the engine's bare word."""
        return failures(self.diagnostics)

    @property
    def warnings(self) -> tuple[str, ...]:
        messages = (each.message.strip() for each in self.diagnostics if each.severity == "warning")
        return tuple(message.removeprefix("warning: ") for message in messages)


_SEVERITIES = {"debug", "info", "info#err", "warning", "error"}
_DECODER = msgspec.json.Decoder(_Written)
_KINDS: dict[str, type[msgspec.Struct]] = {
    "": _Written,
    "steps[]": Step,
    "steps[].oldState": State,
    "steps[].newState": State,
    "steps[].detailedDiff{}": Difference,
    "diagnostics[]": Diagnostic,
}


def read(text: bytes) -> Document:
    """Read a document, all of it.

    Raises:
        DocumentError: it is not what this engine writes: a step kind that is not known, an unknown field that could hold
            steps, a value of another type, a step without the states that its kind has, a summary that counts steps which are not there.
    """
    if len(text) > MAX_BYTES:
        raise DocumentError(f"the preview has {len(text)} bytes; at most {MAX_BYTES} are read")
    try:
        written = _DECODER.decode(text)
        fields = unread(msgspec.json.decode(text), _KINDS)
    except HidingPlaceError as error:
        raise DocumentError(
            f"the preview has {error}, which Pulumi {ENGINE} does not write and which could hold steps: another engine wrote it, "
            "or it was changed"
        ) from error
    except msgspec.ValidationError as error:
        raise DocumentError(
            f"the preview is not what Pulumi {ENGINE} writes: {error}. Another engine wrote it, or it was changed"
        ) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise DocumentError(f"the preview is not JSON: {error}") from error
    document = Document(**{name: getattr(written, name) for name in written.__struct_fields__}, unread=fields)
    for number, step in enumerate(document.steps):
        _check(number, step)
    for diagnostic in document.diagnostics:
        if diagnostic.severity not in _SEVERITIES:
            raise DocumentError(f"a message's severity is {diagnostic.severity!r}, which is not known")
    _check_summary(document)
    return document


def _check(number: int, step: Step) -> None:
    """Each kind of step has the states that it needs, and they are of the resource that it names."""
    where = f"steps[{number}] ({step.op} {step.urn})"
    if step.op in _TAKES_AWAY | _KEEPS and step.old is None:
        raise DocumentError(f"{where} has no oldState: the document was cut")
    if step.op not in _TAKES_AWAY and step.new is None:
        raise DocumentError(f"{where} has no newState: the document was cut")
    kind = type_of(step.urn)
    for state in (step.old, step.new):
        if state is None:
            continue
        if state.type != kind:
            raise DocumentError(f"{where} holds a state of the type {state.type!r}")
        # The state under an old name is of a resource that was renamed, with an alias.
        if state.urn != step.urn and (state is step.new or type_of(state.urn) != kind):
            raise DocumentError(f"{where} holds the state of {state.urn!r}")


def _check_summary(document: Document) -> None:
    """A step that is not shown must be one that may be hidden; else something was cut away, perhaps on purpose."""
    if not document.change_summary and not document.errors:
        raise DocumentError("the preview has no changeSummary: the document was cut")
    if any(count < 0 for count in document.change_summary.values()):
        raise DocumentError("the preview's summary counts below zero")
    shown = Counter(step.op for step in document.steps)
    for op in Op:
        counted = document.change_summary.get(op, 0)
        may_hide = op is Op.SAME or op in _PHYSICAL
        # What a failing preview could not plan is shown and not counted.
        too_many = shown[op] > counted and op in _COUNTED and not document.errors
        if too_many or (shown[op] < counted and not may_hide):
            raise DocumentError(
                f"the preview's summary counts {counted} {op} and {shown[op]} are shown: the document was cut or changed"
            )


def type_of(urn: str) -> str:
    """The type in a URN `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. Raises DocumentError."""
    return _parts(urn)[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    """The resource's name in a URN. Raises DocumentError."""
    return _parts(urn)[3]


def stack_of(urn: str) -> str:
    """The stack in a URN. Raises DocumentError."""
    return _parts(urn)[0].removeprefix("urn:pulumi:")


def project_of(urn: str) -> str:
    """The project in a URN. Raises DocumentError."""
    return _parts(urn)[1]


def _parts(urn: str) -> list[str]:
    parts = urn.split("::", 3)
    stack = parts[0].removeprefix("urn:pulumi:")
    if len(parts) != 4 or stack in {"", parts[0]} or not all(parts):  # noqa: PLR2004 - a URN's parts
        raise DocumentError(f"{urn!r} is not a URN: urn:pulumi:STACK::PROJECT::TYPE::NAME")
    return parts


def holds_unknown(value: Any) -> bool:
    """Whether something in it is known only after the update."""
    if isinstance(value, str):
        return UNKNOWN in value
    if isinstance(value, Mapping):
        return any(holds_unknown(each) for each in value.values())
    return isinstance(value, list) and any(holds_unknown(each) for each in value)
