"""Which requests come from a program on this machine that means the sandbox: a web page's do not.

A page that a browser shows may send requests to loopback ports, and read the answers once its own name resolves to
127.0.0.1 (DNS rebinding); such a request names the page's host, or says that it is a page's.
"""

from collections.abc import Mapping

_NAMES = ("127.0.0.1", "localhost", "[::1]")
_OF_BROWSERS = ("origin", "sec-fetch-site")


def refusal(headers: Mapping[str, str], port: int) -> str | None:
    """Why a request to this port is not served; None when it is.

    Args:
        headers: by lowercase name.
        port: the server's.
    """
    host = headers.get("host", "")
    name, _, its_port = host.rpartition(":")
    if name.lower() not in _NAMES or its_port != str(port):
        allowed = ", ".join(f"{name}:{port}" for name in _NAMES)
        return f"the sandbox does not serve the host {host!r}; it serves {allowed}"
    if any(header in headers for header in _OF_BROWSERS):
        return "the sandbox serves no web page: a request with Origin or Sec-Fetch-Site is a browser's"
    return None
