"""Elements of pictures as SVG that stands alone: colours of its own for light and dark, a title for whoever cannot see it, no script."""

from collections.abc import Sequence
from html import escape

STYLE = """.text{fill:#1a2230;font:13px system-ui,sans-serif}.quiet{fill:#5b6678;font:12px system-ui,sans-serif}
.axis{stroke:#aab3c2}.limit{stroke:#a8202d;stroke-dasharray:4 3}
.passed{stroke:#12734a;fill:#12734a;stroke-width:2}.failed{stroke:#a8202d;fill:#a8202d;stroke-width:2}
@media (prefers-color-scheme:dark){.text{fill:#e6eaf1}.quiet{fill:#9aa6b8}.axis{stroke:#4a566a}.limit{stroke:#ff9aa4}
.passed{stroke:#6fd6a4;fill:#6fd6a4}.failed{stroke:#ff9aa4;fill:#ff9aa4}}
"""


def picture(width: float, height: float, title: str, parts: Sequence[str], style: str = "") -> str:
    """A picture of parts.

    Args:
        width: in pixels.
        height: likewise.
        title: what it shows, in a sentence; read aloud in its place.
        parts: elements.
        style: of classes that are this picture's own.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img"><title>{escape(title)}</title><style>\n{STYLE}{style}</style>{"".join(parts)}</svg>\n'
    )


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def dot(kind: str, x: float, y: float) -> str:
    return f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="3.5"/>'


def text(kind: str, x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'


def box(kind: str, x: float, y: float, width: float, height: float, *, title: str = "") -> str:
    """A rectangle, with what it says to whoever points at it."""
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}">{inner}</rect>'
