"""Rehearsals: what a platform says of a pipeline, and what make is asked for then, in order."""


def previews(*environments):
    """Each environment's preview, and what Git delivers of it held to config."""
    return [goal for name in environments for goal in (f"preview {name}", f"render {name}")]


CHECKED = ["check", "test"]
MODELLED = [*CHECKED, "model", *previews("staging")]
PREVIEWED = [*MODELLED, *previews("prod")]
STAGED = [*CHECKED, *previews("staging"), "deploy staging"]
DELIVERED = [*STAGED, *previews("prod"), "deploy prod"]
NIGHTLY = ["soak", "image", "tfma", "evidently"]
STATE = {"STAGING_BACKEND_URL": "s3://staging", "PROD_BACKEND_URL": "s3://prod"}
# What the project has besides where CI reaches clusters.
CLUSTERS = {
    "EDGE_JOBS": "yes",
    "EDGE_STAGING_BACKEND_URL": "s3://edge-staging",
    "EDGE_PROD_BACKEND_URL": "s3://edge-prod",
}
# What GitLab says of a pipeline.
REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "3",
    "CI_MERGE_REQUEST_PROJECT_ID": "3",
}
PUSH = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
PUSHED_TAG = {
    "CI_PIPELINE_SOURCE": "push",
    "CI_COMMIT_TAG": "flights@v1.2.0",
    "CI_COMMIT_BRANCH": "",  # else the runner takes the clone's
    "CI_DEFAULT_BRANCH": "main",
}
# What Jenkins says of a build.
CHANGE = {"BRANCH_NAME": "PR-7", "CHANGE_ID": "7"}
MAIN = {"BRANCH_NAME": "main"}
OF_TAG = {"BRANCH_NAME": "flights@v1.2.0", "TAG_NAME": "flights@v1.2.0"}


def goals(log):
    """What make was asked for, by what rehearsal.mk wrote down."""
    return [" ".join(line.split()) for line in log.read_text().splitlines()] if log.exists() else []
