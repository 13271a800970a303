"""Objects of a cluster as this project's components declare them, changed, as a preview's reader takes them."""

import copy

from components.kubernetes import access, admission, namespace, version
from components.kubernetes.objects import token
from modeldelivery.catalogue.table import kind_of
from modeldelivery.review.core.document import State
from modeldelivery.review.core.touched import Effect, Touched

NAME, ROUTE = "flights-edge-prod", "flights-edge-prod"
CLUSTER_ROUTE = "modeldelivery:index:Route"
LABELS = {"model": "flights", "owner": "ml-platform"}
PODS = {"millicores": 500, "memory": "512Mi", "min": 2, "max": 8, "target_cpu_percent": 70}


def declared(**pods):
    """Every manifest of an environment with one version, by kind and name."""
    size = PODS | pods
    manifests = [
        namespace.namespace(NAME, LABELS),
        namespace.quota(NAME, LABELS, size, 1),
        namespace.limits(NAME, LABELS, size),
        *namespace.network_policies(NAME, LABELS, "gateways"),
        *access.service_accounts(NAME, LABELS, "arn:aws:iam::222222222222:role/pods"),
        access.operators_role(NAME, LABELS, ROUTE),
        access.operators_binding(NAME, LABELS),
        *admission.membership(NAME, LABELS, ROUTE),
        *admission.traffic(NAME, LABELS, ROUTE),
        *admission.bits(NAME, LABELS, ROUTE, []),
        *serving("v1.0.0", **pods),
    ]
    return {f"{each['kind']} {each['metadata']['name']}": copy.deepcopy(each) for each in manifests}


def serving(named, digest="a", **pods):
    """What serves a version."""
    bits = {
        "version": named,
        "digest": f"sha256:{digest * 64}",
        "image": f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights-edge-prod@sha256:{digest * 64}",
        "model_data": "s3://registry/model.tar.gz",
        "model_digest": f"sha256:{digest * 64}",
        "region": "eu-west-1",
    }
    name = f"{ROUTE}-{named.replace('.', '-')}"
    return version.manifests(name, NAME, LABELS, ROUTE, bits=bits, pods=PODS | pods)


def one(kind):
    """The only manifest of a kind, or the one that is called `kind name`."""
    (manifest,) = [each for key, each in declared().items() if kind in {key, key.partition(" ")[0]}]
    return manifest


def resource(before, after, effect=None):
    """One object as a preview has it; None is one that is not there."""
    manifest = after if before is None else before
    type_, name = token(manifest), manifest["metadata"]["name"]
    urn = f"urn:pulumi:edge-prod::model-delivery::{type_}::{name}"
    old, new = (
        None if each is None else State(urn=urn, type=type_, custom=True, inputs=each)
        for each in (before, after)
    )
    if effect is None:
        effect = Effect.CREATE if old is None else Effect.DELETE if new is None else Effect.UPDATE
    return Touched(
        urn=urn,
        kind=kind_of(type_),
        type=type_,
        effect=Effect.NONE if before == after else effect,
        old=old,
        new=new,
        reasons=frozenset(),
        forced=frozenset(),
    )


def edited(kind, edit):
    """The object of a kind before and after an edit in place."""
    before = one(kind)
    after = copy.deepcopy(before)
    edit(after)
    return resource(before, after)


def environment(*versions, live=None, weights=None, **pods):
    """All objects of an environment with these versions, and its route, as `{urn's end: state}`."""
    size = PODS | pods
    manifests = [
        namespace.namespace(NAME, LABELS),
        namespace.quota(NAME, LABELS, size, len(versions)),
        namespace.limits(NAME, LABELS, size),
        *namespace.network_policies(NAME, LABELS, "gateways"),
        *(each for version in versions for each in serving(version, digest=version[3], **pods)),
    ]
    live = live or versions[-1]
    route = {
        "routeName": ROUTE,
        "namespace": NAME,
        "server": "https://kubernetes.edge.example.com",
        "release": {"live": live, "fleet": list(versions)},
        "variants": [
            {
                "version": each,
                "digest": f"sha256:{each[3] * 64}",
                "name": f"{ROUTE}-{each.replace('.', '-')}",
                "port": 8080,
            }
            for each in versions
        ],
        "rules": {},
        "journal": {"bucket": "registry", "key": "journal"},
        "weights": weights or {each: 100 * (each == live) for each in versions},
        "servingAtCheck": weights or {each: 100 * (each == live) for each in versions},
    }
    return {
        **{(token(each), each["metadata"]["name"]): each for each in manifests},
        (CLUSTER_ROUTE, ROUTE): route,
    }


def preview(before, after, **serving_now):
    """The engine's document of a change from one environment to another; `serving_now` is the route's look at what serves."""
    if (CLUSTER_ROUTE, ROUTE) in before and (CLUSTER_ROUTE, ROUTE) in after:
        now = before[CLUSTER_ROUTE, ROUTE]["weights"]
        after[CLUSTER_ROUTE, ROUTE] |= {"servingAtCheck": now} | serving_now
    steps = [_step(key, before.get(key), after.get(key)) for key in dict.fromkeys((*before, *after))]
    ops = [each["op"] for each in steps]
    config = {
        "aws:allowedAccountIds": '["222222222222"]',
        "aws:region": "eu-west-1",
        "model-delivery:protect": "true",
    }
    return {"config": config, "steps": steps, "changeSummary": {op: ops.count(op) for op in ops}}


def _step(key, old, new):
    type_, name = key
    urn = f"urn:pulumi:edge-prod::model-delivery::{type_}::{name}"
    op = "create" if old is None else "delete" if new is None else "same" if old == new else "update"
    states = {"oldState": old, "newState": new}
    return {
        "op": op,
        "urn": urn,
        **{
            key: {"urn": urn, "type": type_, "custom": True, "inputs": each}
            for key, each in states.items()
            if each is not None
        },
    }
