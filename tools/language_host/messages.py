"""The protocol's message classes, without the SDK that ships them.

`import pulumi` loads the whole SDK (0.3 s of CPU), and every `pulumi preview` pays for it once in the host; the
generated classes alone take a tenth of that. They import each other relatively, so any package name does.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import language_pb2 as language
    from pulumi.runtime.proto import plugin_pb2 as plugin
else:
    _PACKAGE = "pulumi_messages"
    _spec = importlib.util.find_spec("pulumi")
    if _spec is None or _spec.origin is None:
        raise ImportError("the pulumi wheel is not installed in the language host's environment")
    _package = ModuleType(_PACKAGE)
    _package.__path__ = [str(Path(_spec.origin).parent / "runtime" / "proto")]
    sys.modules[_PACKAGE] = _package
    language = importlib.import_module(f"{_PACKAGE}.language_pb2")
    plugin = importlib.import_module(f"{_PACKAGE}.plugin_pb2")

__all__ = ["language", "plugin"]
