"""Pages for people: one file each, which fetches nothing and is readable on a narrow screen."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2

_FOLDER = Path(__file__).parent


def render(
    template: str,
    filters: Mapping[str, Callable[..., Any]] | None = None,
    folder: Path = _FOLDER,
    **values: Any,
) -> str:
    """A page, the same text for the same values. What data and people brought is escaped wherever it stands.

    Args:
        template: a file of the folder, which extends `page.html`.
        filters: that the template uses, by name.
        folder: where the template is; `page.html` is beside this file.
        values: what it shows; jinja2 raises UndefinedError for one that is missing.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _FOLDER]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters or {})
    return environment.get_template(template).render(**values)
