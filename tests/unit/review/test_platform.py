"""The comment and the issue on GitHub and GitLab, over their real client libraries, against a server on loopback."""

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from modeldelivery.review.platform.github import GitHub
from modeldelivery.review.platform.gitlab import GitLab
from modeldelivery.review.platform.here import platform
from modeldelivery.review.platform.port import PlatformError, StandardOutput

MARKER = "<!-- model-delivery:review -->"
BODY = f"{MARKER}\nnew"


class Forge:
    """The few calls of both APIs that matter, over a list of comments and one of issues."""

    def __init__(self, kind, *, user):
        self.kind, self.user, self.comments, self.issues, self.status = kind, user, [], [], 200
        self.login = None  # of a person's token; a job's own has none

    def answer(self, method, path, body):
        if self.status != 200:
            return self.status, {"message": "Resource not accessible by integration"}
        path = path.partition("?")[0]
        if path.endswith("/user"):
            if self.kind == "github" and self.login is None:
                return 403, {"message": "Resource not accessible by integration"}
            return 200, {"id": 7, "username": "bot", "login": self.login}
        listed = self.comments if re.search(r"(comments|notes)(/\d+)?$", path) else self.issues
        if one := re.search(r"(?:comments|notes|issues)/(\d+)$", path):
            result = next((each for each in listed if each["id"] == int(one[1])), None)
            if method == "GET":
                return 200, result or self._parent(path)
            result.update({key: value for key, value in body.items() if key != "state_event"})
            if body.get("state_event") == "close":
                result["state"] = "closed"
            return 200, result
        if path.endswith("/merge_requests/5"):
            return 200, {"iid": 5, "id": 5, "web_url": "https://forge/mr/5"}
        if method == "POST":
            fresh = self._made(body, len(listed) + 1)
            listed.append(fresh)
            return 201, fresh
        return 200, [each for each in listed if each.get("state") != "closed"]

    def _parent(self, path):
        number = int(path.rpartition("/")[2])
        return {
            "id": number,
            "number": number,
            "url": f"{self.url}{path}",
            "comments_url": f"{self.url}{path}/comments",
        }

    def _made(self, body, number):
        place = (
            f"{self.url}/repos/o/r/issues/comments/{number}"
            if "body" in body and "title" not in body
            else (f"{self.url}/repos/o/r/issues/{number}")
        )
        return {
            "id": number,
            "iid": number,
            "number": number,
            "url": place,
            "state": "open",
            "html_url": f"https://forge/{number}",
            "web_url": f"https://forge/{number}",
            "user": {"login": self.login or "bot", "type": self.user},
            "author": {"id": 7 if self.user == "Bot" else 8},
            **body,
        }


@pytest.fixture
def forge(request):
    """A forge on a free port; its address is `url`."""
    served = Forge(request.param, user="Bot")

    class Handler(BaseHTTPRequestHandler):
        def do(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            status, result = served.answer(self.command, self.path, body)
            data = json.dumps(result).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do  # noqa: N815 - http.server's names

        def log_message(self, *_):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    server.server_close()


@pytest.fixture
def place(forge, tmp_path):
    """The platform as a build of pull request 5 sees it."""
    if forge.kind == "github":
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"pull_request": {"number": 5}}))
        return GitHub(
            {
                "GITHUB_TOKEN": "t",
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_API_URL": forge.url,
                "GITHUB_EVENT_PATH": str(event),
            }
        )
    return GitLab(
        {
            "CI_API_V4_URL": f"{forge.url}/api/v4",
            "CI_PROJECT_ID": "3",
            "GITLAB_TOKEN": "t",
            "CI_MERGE_REQUEST_IID": "5",
        }
    )


both = pytest.mark.parametrize("forge", ["github", "gitlab"], indirect=True)


@both
def test_a_pull_request_gets_one_comment_however_often_it_is_built(forge, place):
    place.comment(f"{MARKER}\nold", MARKER)
    place.comment(BODY, MARKER)
    assert [each["body"] for each in forge.comments] == [BODY]


@both
def test_a_comment_that_someone_else_began_with_the_marker_is_left_alone(forge, place):
    forge.user = "User"
    place.comment(f"{MARKER}\nmine, says a stranger", MARKER)
    forge.user = "Bot"
    place.comment(BODY, MARKER)
    assert [each["body"] for each in forge.comments] == [f"{MARKER}\nmine, says a stranger", BODY]


@pytest.mark.parametrize("forge", ["github"], indirect=True)
def test_a_person_s_token_finds_its_own_comment_again(forge, place):
    """As Jenkins has one."""
    forge.user, forge.login = "User", "jenkins"
    place.comment(f"{MARKER}\nold", MARKER)
    place.comment(BODY, MARKER)
    assert [each["body"] for each in forge.comments] == [BODY]


@both
def test_one_issue_is_opened_brought_up_to_date_and_closed(forge, place):
    place.issue("drift", f"{MARKER}\na", MARKER)
    place.issue("drift", f"{MARKER}\nb", MARKER)
    assert [(each["title"], each["state"]) for each in forge.issues] == [("drift", "open")]
    place.issue("drift", None, MARKER)
    assert [each["state"] for each in forge.issues] == ["closed"]


@both
def test_no_issue_is_made_where_none_is_due(forge, place):
    assert place.issue("drift", None, MARKER) == ""
    assert forge.issues == []


@both
def test_a_refusal_of_the_platform_is_a_sentence(forge, place):
    forge.status = 403
    with pytest.raises(PlatformError, match="403"):
        place.comment(BODY, MARKER)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"GITHUB_ACTIONS": "true"}, "GITHUB_TOKEN"),
        ({"GITLAB_CI": "true", "CI_API_V4_URL": "u", "CI_PROJECT_ID": "1"}, "GITLAB_TOKEN"),
    ],
)
def test_a_build_without_a_token_is_told_what_to_set(environ, named):
    with pytest.raises(PlatformError, match=named):
        platform(environ)


def test_without_a_platform_the_comment_goes_to_standard_output(capsys):
    place = platform({})
    assert isinstance(place, StandardOutput)
    place.comment(BODY, MARKER)
    assert capsys.readouterr().out == f"{BODY}\n"


def test_a_build_of_no_pull_request_has_nothing_to_comment_on():
    place = platform({"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": "t", "GITHUB_REPOSITORY": "o/r"})
    with pytest.raises(PlatformError, match="no pull request"):
        place.comment(BODY, MARKER)


@pytest.mark.parametrize(
    ("variable", "ours", "library"),
    [("GITHUB_ACTIONS", "github", "github"), ("GITLAB_CI", "gitlab", "gitlab")],
)
def test_where_a_platforms_library_is_missing_it_is_said_what_to_install(
    monkeypatch, variable, ours, library
):
    monkeypatch.delitem(sys.modules, f"modeldelivery.review.platform.{ours}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(PlatformError, match=rf"{library} is not installed.*model-delivery\[review\]"):
        platform({variable: "true"})


def test_elsewhere_no_library_of_a_platform_is_needed(monkeypatch):
    for library in ("github", "gitlab"):
        monkeypatch.setitem(sys.modules, library, None)
    assert isinstance(platform({}), StandardOutput)
