"""The page of an environment in a real browser: it shows something, and the browser complains of nothing."""

import os
import shutil
import struct
import subprocess
import zlib

import pytest

from monitoring.page import document
from tests.unit.monitoring.page.conftest import everything

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium here: apt-get install chromium looks at the page"
)
WIDTH = 800


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    """The browser's picture of the page, [rows] of bytes, and what it complained of."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "page.html").write_text(document.draw(everything()), encoding="utf-8")
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}",
        f"--window-size={WIDTH},1200", f"--screenshot={folder / 'page.png'}", (folder / "page.html").as_uri(),
    ]  # fmt: skip
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "HOME": str(folder)},
    )
    return pixels((folder / "page.png").read_bytes()), ended.stderr


def pixels(png):
    """The lines of a picture, its filter byte first: those of an even picture are all alike."""
    assert png.startswith(b"\x89PNG")
    data, place = b"", 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        if kind == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += 12 + length
    lines = zlib.decompress(data)
    width = len(lines) // 1200
    return [lines[start : start + width] for start in range(0, len(lines), width)]


def test_the_page_is_not_blank(looked_at):
    lines, _ = looked_at
    assert len(set(lines)) > 200


def test_the_browser_complains_of_nothing(looked_at):
    _, complaints = looked_at
    assert "CONSOLE" not in complaints
