"""Changes of an environment that Argo CD delivers, as `cluster_scenarios.py` has another's: names begin with `edge-git-` or `drift-edge-git-`."""

from contextlib import contextmanager

from tests.previews import cluster_edits as edits
from tests.previews import cluster_foreign as foreign
from tests.previews.cluster_scenarios import FIRST, SECOND, registered
from tests.previews.scenario import Scenario, State, config, drift, edit, release


@contextmanager
def another_branch(world):
    """Config, which a scenario puts back."""
    world.delivered_from(revision="release")
    yield


EDGE_STAGING = (
    State(
        "a registry with versions, no release",
        registered,
        (
            config(
                "edge-git-first-route",
                "The first release: Argo CD's project and Application, what the cluster refuses, and the route are created",
                release=release("v1.0.0", "v1.0.0"),
            ),
        ),
    ),
    State(
        "v1.0.0 serves everything, v1.1.0 is a candidate, both delivered from Git",
        lambda world: world.reach(release=FIRST),
        (
            config("edge-git-nothing", "No change"),
            config(
                "edge-git-add-candidate",
                "v1.2.0 joins the fleet at weight 0",
                release=release("v1.0.0", "v1.2.0", "v1.1.0", "v1.0.0"),
            ),
            config("edge-git-traffic-only", "All traffic moves from v1.0.0 to v1.1.0", release=SECOND),
            edit("edge-git-self-heal-off", "What others change stays", edits.SELF_HEAL_OFF),
            edit("edge-git-prune-off", "What leaves Git stays in the cluster", edits.PRUNE_OFF),
            edit("edge-git-replaces", "Argo CD replaces objects whole", edits.REPLACES),
            edit("edge-git-any-kind", "Argo CD may make anything in the namespace", edits.ANY_KIND),
            edit("edge-git-anybody-writes", "Others may write what Git delivers", edits.ANYBODY_WRITES),
            edit(
                "edge-git-anybody-replaces",
                "The cluster no longer refuses that a sync replaces objects whole",
                edits.ANYBODY_REPLACES,
            ),
            Scenario("edge-git-another-branch", "Argo CD follows another branch", meanwhile=another_branch),
            drift("drift-edge-git-none", "Nothing has drifted"),
            drift("drift-edge-git-self-heal", "Someone has turned self-heal off", foreign.self_heal_off),
        ),
    ),
)
