"""What someone else does to an environment's objects on its cluster while a preview is made, each put back afterwards."""

from contextlib import contextmanager

_ROUTES = "gateway.networking.k8s.io/v1"
_OWN = ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields")


@contextmanager
def patched(world, group, plural, name, patch):
    """An object with other fields, by a merge patch."""
    path = world.path(group, plural, name)
    before = world.cluster.api.get(path)
    world.cluster.api.patch(path, patch)
    yield
    world.cluster.api.replace(path, _own(before))


@contextmanager
def traffic(world, weights):
    """Weights of the route, by version, moved past the journal."""
    path = world.path(_ROUTES, "httproutes", f"flights-{world.name}")
    rules = world.cluster.api.get(path)["spec"]["rules"]
    before = [ref["weight"] for ref in rules[0]["backendRefs"]]

    def move(wanted):
        for ref, weight in zip(rules[0]["backendRefs"], wanted, strict=True):
            ref["weight"] = weight
        world.cluster.api.patch(path, {"spec": {"rules": rules}})

    move([weights[ref["name"].partition("-v")[2].replace("-", ".")] for ref in rules[0]["backendRefs"]])
    yield
    move(before)


@contextmanager
def self_heal_off(world):
    """Argo CD leaves what others change, said past Pulumi by whoever may."""

    def heals(on):
        world.cluster.api.patch(world.application, {"spec": {"syncPolicy": {"automated": {"selfHeal": on}}}})

    heals(on=False)
    yield
    heals(on=True)


def _own(document):
    """Without what only the server writes."""
    kept = {key: value for key, value in document["metadata"].items() if key not in _OWN}
    return {key: value for key, value in document.items() if key != "status"} | {"metadata": kept}
