"""Kubeconfigs: which cluster, whom to trust, who logs in."""

import base64
import json

import pytest
import yaml

from modeldelivery.release.errors import CredentialsError
from modeldelivery.release.kubernetes.kubeconfig import (
    Certificate,
    Eks,
    KubeconfigError,
    Token,
    kubeconfig_paths,
    read_kubeconfig,
)

SERVER = "https://prod.example.com"
GET_TOKEN = ["--region", "eu-west-1", "eks", "get-token", "--cluster-name", "prod", "--output", "json"]


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def written(folder, name="config", *, user=None, cluster=None, context="prod", current=True):
    """A kubeconfig with one context."""
    path = folder / name
    entry = {"server": SERVER, "certificate-authority-data": encoded("-- CA --")} | (cluster or {})
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": entry}],
        "users": [{"name": "ada", "user": {"token": "secret"} if user is None else user}],
        "contexts": [
            {"name": context, "context": {"cluster": context, "user": "ada", "namespace": "flights"}}
        ],
        "preferences": {},
    }
    path.write_text(yaml.safe_dump(document | ({"current-context": context} if current else {})))
    return path


def cluster_of(path, **options):
    return read_kubeconfig([path]).cluster(**options)


def test_a_token_logs_in_to_the_cluster_of_the_context_in_force(tmp_path):
    cluster = cluster_of(written(tmp_path))

    assert (cluster.server, cluster.ca, cluster.namespace) == (SERVER, "-- CA --", "flights")
    assert cluster.login == Token(token="secret")


def test_a_certificate_logs_in_inline_or_from_files_beside_the_kubeconfig(tmp_path):
    inline = {"client-certificate-data": encoded("-- C --"), "client-key-data": encoded("-- K --")}
    (tmp_path / "ada.crt").write_text("-- C --")
    (tmp_path / "ada.key").write_text("-- K --")
    files = {"client-certificate": "ada.crt", "client-key": "ada.key"}

    for user in (inline, files):
        assert cluster_of(written(tmp_path, user=user)).login == Certificate(
            certificate="-- C --", key="-- K --"
        )


COMMENTED = (
    "# Zertifizierungsstelle für die Prüfung\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_comment_of_any_language_may_stand_beside_a_certificate(tmp_path, encoding):
    (tmp_path / "ca.crt").write_bytes(COMMENTED.encode(encoding))
    inline = base64.b64encode(COMMENTED.encode(encoding)).decode()

    for entry in (
        {"certificate-authority-data": None, "certificate-authority": "ca.crt"},
        {"certificate-authority-data": inline},
    ):
        ca = cluster_of(written(tmp_path, cluster=entry)).ca
        assert ca == "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def test_a_file_that_is_no_certificate_is_a_sentence(tmp_path):
    (tmp_path / "ca.crt").write_bytes("für".encode())
    entry = {"certificate-authority-data": None, "certificate-authority": "ca.crt"}

    with pytest.raises(KubeconfigError, match=r"certificate-authority: .*ca\.crt is not PEM"):
        cluster_of(written(tmp_path, cluster=entry))


@pytest.mark.parametrize("token", ["", "geheim-für-alle", "two\nlines"])
def test_a_token_that_no_request_can_carry_is_a_sentence(tmp_path, token):
    (tmp_path / "token").write_text(token)

    with pytest.raises(CredentialsError, match="the token is empty, or has characters that no token has"):
        cluster_of(written(tmp_path, user={"tokenFile": "token"}))


def test_a_token_may_be_in_a_file(tmp_path):
    (tmp_path / "token").write_text("secret\n")

    login = cluster_of(written(tmp_path, user={"tokenFile": "token"})).login

    assert login.read() == "secret"
    (tmp_path / "token").write_text("newer\n")
    assert login.read() == "newer"


@pytest.mark.parametrize(
    ("command", "arguments", "environ", "expected"),
    [
        ("aws", GET_TOKEN, None, Eks(cluster="prod", region="eu-west-1")),
        ("/usr/local/bin/aws", ["eks", "get-token", "--cluster-name=prod"], None, Eks(cluster="prod")),
        (
            "aws",
            GET_TOKEN,
            [{"name": "AWS_PROFILE", "value": "prod"}],
            Eks(cluster="prod", region="eu-west-1", profile="prod"),
        ),
        ("aws-iam-authenticator", ["token", "-i", "prod"], None, Eks(cluster="prod")),
    ],
)
def test_a_login_to_eks_is_known_by_its_arguments(tmp_path, command, arguments, environ, expected):
    user = {"exec": {"command": command, "args": arguments, "env": environ}}

    assert cluster_of(written(tmp_path, user=user)).login == expected


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        (
            {"exec": {"command": "gke-gcloud-auth-plugin", "args": None}},
            "'gke-gcloud-auth-plugin', which is not run",
        ),
        (
            {"exec": {"command": "aws", "args": ["sts", "get-token", "--cluster-name", "x"]}},
            "is not run here",
        ),
        (
            {"exec": {"command": "aws", "args": [*GET_TOKEN, "--role-arn", "arn:aws:iam::1:role/x"]}},
            "--role-arn",
        ),
        ({"username": "ada", "password": "secret"}, "password, username"),
        ({"auth-provider": {"name": "oidc"}}, "auth-provider"),
        ({"token": "secret", "as": "root"}, "logs in by as"),
        ({}, "has no login"),
        ({"client-certificate-data": encoded("-- C --")}, "has no login"),
        ({"client-certificate-data": "%", "client-key-data": "%"}, "not PEM in base64"),
    ],
)
def test_another_login_is_refused_by_its_name(tmp_path, user, sentence):
    with pytest.raises(KubeconfigError, match=sentence):
        cluster_of(written(tmp_path, user=user))


@pytest.mark.parametrize(
    ("cluster", "sentence"),
    [
        ({"server": "http://prod.example.com"}, "it begins with https://"),
        ({"insecure-skip-tls-verify": True}, "insecure-skip-tls-verify"),
        ({"proxy-url": "http://proxy"}, "proxy-url"),
    ],
)
def test_a_cluster_that_cannot_be_trusted_is_refused(tmp_path, cluster, sentence):
    with pytest.raises(KubeconfigError, match=sentence):
        cluster_of(written(tmp_path, cluster=cluster))


def test_another_server_than_the_allowed_one_is_refused_before_anything_is_sent(tmp_path):
    with pytest.raises(KubeconfigError, match=r"leads to https://prod.example.com, and only https://other"):
        cluster_of(written(tmp_path), context="prod", server="https://other.example.com")


def test_a_server_behind_a_tunnel_is_known_by_its_certificates_name(tmp_path):
    at = {"server": "https://127.0.0.1:9443", "tls-server-name": "prod.example.com"}
    path = written(tmp_path, cluster=at)

    for allowed in (SERVER, f"{SERVER}/", "https://127.0.0.1:9443"):
        cluster = cluster_of(path, server=allowed)
        assert (cluster.server, cluster.name) == ("https://127.0.0.1:9443", "prod.example.com")
        assert cluster_of(path, context="prod", server=allowed) == cluster

    with pytest.raises(
        KubeconfigError,
        match=r"leads to https://127.0.0.1:9443 as https://prod.example.com, and only https://other",
    ):
        cluster_of(path, context="prod", server="https://other.example.com")


def test_any_context_that_leads_to_the_server_will_do_and_that_in_force_comes_first(tmp_path):
    paths = [
        written(tmp_path, "one", context="b", current=False),
        written(tmp_path, "two", context="a", current=False),
        written(tmp_path, "three", context="elsewhere", cluster={"server": "https://elsewhere"}),
    ]
    config = read_kubeconfig(paths)

    assert config.cluster(server=f"{SERVER}/").context == "a"
    assert config.cluster().context == "elsewhere"
    with pytest.raises(KubeconfigError, match="no context leads to https://nowhere"):
        config.cluster(server="https://nowhere")


def test_the_first_file_that_names_something_counts(tmp_path):
    first = written(tmp_path, "one")
    second = written(tmp_path, "two", cluster={"server": "https://later"})

    assert read_kubeconfig([tmp_path / "not-there", first, second]).cluster().server == SERVER


def test_the_files_are_those_that_kubectl_reads(tmp_path):
    assert kubeconfig_paths({"KUBECONFIG": "/a:/b"}) == [*map(type(tmp_path), ("/a", "/b"))]
    assert kubeconfig_paths({"HOME": str(tmp_path)}) == [tmp_path / ".kube" / "config"]
    assert kubeconfig_paths({}) == [type(tmp_path)("~/.kube/config")]


@pytest.mark.parametrize("spelled", [lambda text: text, lambda text: json.dumps(yaml.safe_load(text))])
def test_a_text_in_the_place_of_a_path_is_a_sentence_that_does_not_show_it(tmp_path, spelled):
    text = spelled(written(tmp_path).read_text())

    with pytest.raises(KubeconfigError, match="holds the text of a kubeconfig") as refused:
        kubeconfig_paths({"KUBECONFIG": text})

    assert "secret" in text
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["folder", "x" * 300])
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path, name):
    (tmp_path / "folder").mkdir()

    with pytest.raises(CredentialsError, match="cannot be read: "):
        read_kubeconfig([tmp_path / name])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("{", "is no kubeconfig"), ("clusters: 1", "is no kubeconfig"), ("a: 1", "no current-context")],
)
def test_a_file_that_says_less_is_a_sentence(tmp_path, text, sentence):
    (tmp_path / "config").write_text(text)

    with pytest.raises(KubeconfigError, match=sentence):
        cluster_of(tmp_path / "config")


def test_a_fault_of_yaml_is_told_without_its_line_which_may_hold_a_token(tmp_path):
    (tmp_path / "config").write_text("users:\n- user: {token: geheim: 1\n")

    with pytest.raises(
        KubeconfigError, match=r"is no kubeconfig: it is not YAML \(.+, line \d\)$"
    ) as refused:
        cluster_of(tmp_path / "config")

    assert "geheim" not in str(refused.value)


def test_no_file_at_all_is_a_sentence(tmp_path):
    with pytest.raises(KubeconfigError, match="there is no kubeconfig"):
        read_kubeconfig([tmp_path / "config"])


def test_a_file_that_the_kubeconfig_names_and_that_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(CredentialsError, match="cannot be read"):
        cluster_of(written(tmp_path, user={"tokenFile": "gone"}))
