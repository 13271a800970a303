"""Reviews of recorded previews, as `make preview` puts them together."""

import json
from datetime import UTC, datetime

from modeldelivery.release.operations.proof import Proof, Standing
from modeldelivery.review.core.change import classify
from modeldelivery.review.core.compare import Place, fingerprints
from modeldelivery.review.core.config import PROJECT, read_config
from modeldelivery.review.core.document import read
from modeldelivery.review.core.review import review
from modeldelivery.review.core.touched import touched
from tests.unit.review.documents import PRICES, record, text

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


def reviewed(
    name,
    *,
    edit=None,
    before=None,
    proofs=None,
    violations=(),
    staging="staging",
    health=(),
    drill=None,
    goes_live=None,
    judged=None,
    problem=None,
):
    """One scenario's review.

    `before` is the review of the environment that it promotes from; `proofs` are what this one has proved, by version;
    `health` is what is found of its endpoint, `goes_live` the version that `live` moves to, `problem` what of it could not be looked at; `staging` is what the environment of that name in the recordings is called instead.
    """
    response = json.loads(json.dumps(record(name)).replace("staging", staging))
    if edit:
        edit(response["document"])
    document = read(text(response["document"]))
    config = read_config(response["environment"], document)
    standing = None
    if proofs is not None:
        standing = Standing(environment=response["environment"], at=AT, proofs=tuple(proofs))
    return review(
        commit="abc",
        change=classify(response["environment"], document, PRICES),
        fingerprints=fingerprints(
            Place(environment=response["environment"], account=config.account, region=config.region),
            touched(document, PROJECT),
        ),
        standing=standing,
        health=health,
        drill=drill,
        goes_live=goes_live,
        judged=judged,
        problem=problem,
        violations=tuple(violations),
        before=before,
    )


def proof(version, digest, *, served=3600.0, rejected=None, metrics=None):
    return Proof(
        version=version,
        digest=digest,
        served_seconds=served,
        served_since=AT if served else None,
        serving=bool(served),
        rejected=rejected,
        metrics=metrics,
    )


def digest(name, version):
    """The digest set that a scenario's fleet knows a version by."""
    document = read(text(record(name)["document"]))
    fleet = classify(record(name)["environment"], document, PRICES).fleet
    return next(member.digest for member in fleet.members if member.version == version)
