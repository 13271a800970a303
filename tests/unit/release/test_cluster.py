"""How a cluster is reached: by a kubeconfig that leads there, else, where it is one of EKS, by AWS credentials alone."""

import base64
import time
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from modeldelivery.release.aws import eks
from modeldelivery.release.cluster import Reach
from modeldelivery.release.core.journal import ClusterPlace
from modeldelivery.release.errors import CredentialsError, UnreachableError
from modeldelivery.release.kubernetes.kubeconfig import KubeconfigError
from tests.unit.release.kubernetes.test_kubeconfig import SERVER, written

EKS = "https://0123456789.gr7.eu-west-1.eks.amazonaws.com"


class Account:
    region = "eu-west-1"

    def __init__(self, profile="default"):
        self.profile = profile

    def eks_token(self, cluster, region=None):
        return f"{self.profile} logs in to {cluster} in {region or self.region}"


@pytest.fixture
def kubeconfig(tmp_path, monkeypatch):
    def write(**entries):
        monkeypatch.setenv(
            "KUBECONFIG",
            str(written(tmp_path, **{"cluster": {"certificate-authority-data": None}, **entries})),
        )

    return write


def reach(**given):
    return Reach(account=Account(), opens=lambda profile, _: Account(profile), **given)


def place(server=SERVER, **more):
    return ClusterPlace(server=server, namespace="flights", route="flights-prod", **more)


def test_a_kubeconfig_that_leads_there_logs_in(kubeconfig):
    kubeconfig()

    traffic = reach().traffic(place(), patient=False)

    assert (traffic.server.address, traffic.server.bearer.token()) == (SERVER, "secret")
    assert (traffic.namespace.name, traffic.name) == ("flights", "flights-prod")


def test_a_kubeconfig_that_leaves_it_to_eks_logs_in_by_its_own_profile(kubeconfig):
    arguments = ["eks", "get-token", "--cluster-name", "prod", "--profile", "ops", "--region", "eu-north-1"]
    kubeconfig(user={"exec": {"command": "aws", "args": arguments}})

    server = reach().traffic(place(), patient=False).server

    assert server.bearer.token() == "ops logs in to prod in eu-north-1"


def test_a_token_of_eks_is_signed_anew_before_eks_takes_it_no_longer(kubeconfig):
    kubeconfig()
    account = Account()
    bearer = (
        Reach(account=account, opens=open).traffic(place(EKS, cluster="prod"), patient=True).server.bearer
    )
    account.profile = "later"

    assert bearer.token() == "default logs in to prod in eu-west-1"
    bearer.clock = lambda: time.monotonic() + 15 * 60
    assert bearer.token() == "later logs in to prod in eu-west-1"


def test_without_a_kubeconfig_the_journals_word_is_enough_for_a_cluster_of_eks(kubeconfig):
    kubeconfig()

    traffic = reach().traffic(place(EKS, cluster="prod"), patient=False)

    assert traffic.server.bearer.token() == "default logs in to prod in eu-west-1"


def test_nobody_but_eks_is_handed_a_login_of_eks(kubeconfig):
    """Whoever writes the journal would else be sent one."""
    kubeconfig()

    with pytest.raises(UnreachableError, match="no address of EKS"):
        reach().traffic(place("https://eks.amazonaws.com.example.com", cluster="prod"), patient=False)


def test_a_cluster_that_nothing_leads_to_is_refused_before_anything_is_sent(kubeconfig):
    kubeconfig()

    with pytest.raises(KubeconfigError, match="no context leads to https://elsewhere"):
        reach().traffic(place("https://elsewhere"), patient=False)


def test_a_context_that_leads_elsewhere_is_refused_whatever_the_journal_offers(kubeconfig):
    kubeconfig()

    with pytest.raises(KubeconfigError, match="and only https://0123"):
        reach(context="prod").traffic(place(EKS, cluster="prod"), patient=False)


def test_a_token_of_eks_is_a_signed_url_that_names_the_cluster():
    session = boto3.Session(aws_access_key_id="AKIA", aws_secret_access_key="x")

    token = eks.token(session, "prod", "eu-west-1")

    text = token.removeprefix(eks.PREFIX)
    url = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    query = parse_qs(url.query)
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert "/eu-west-1/sts/" in query["X-Amz-Credential"][0]
    assert query["X-Amz-Expires"] == ["60"]


def test_without_credentials_there_is_no_token():
    class Session:
        def get_credentials(self):
            return None

    with pytest.raises(CredentialsError, match="set AWS_PROFILE"):
        eks.token(Session(), "prod", "eu-west-1")
