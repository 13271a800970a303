"""A login to a cluster of EKS: a URL of STS' GetCallerIdentity, signed for this cluster, which EKS asks to learn who it is.

Source: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster. No call is made.
"""

import base64
from typing import Any

from botocore.signers import RequestSigner

from modeldelivery.release.errors import CredentialsError

PREFIX = "k8s-aws-v1."
_SECONDS = 60  # in which EKS must have seen it
HOSTS = (
    ".eks.amazonaws.com",
    ".eks.amazonaws.com.cn",
)  # API servers of EKS: nobody else is handed such a token


def token(session: Any, cluster: str, region: str) -> str:
    """A bearer token for `cluster`, by a session of boto3's. Raises CredentialsError where there are no credentials."""
    credentials = session.get_credentials()
    if credentials is None:
        raise CredentialsError(
            f"no AWS credentials to log in to the cluster {cluster}", hint="set AWS_PROFILE or log in"
        )
    sts = session.client("sts", region_name=region)
    signer = RequestSigner(
        sts.meta.service_model.service_id, region, "sts", "v4", credentials, session.events
    )
    url = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": f"{sts.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": {"x-k8s-aws-id": cluster},
            "context": {},
        },
        region_name=region,
        expires_in=_SECONDS,
        operation_name="",
    )
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
