# The steps' image with the evaluation gate's second engine beside its own packages (docs/evaluation.md): everything that judges is
# as in the image below, the engine is an environment of its own where the gate looks for it. From the repository's root:
#
#     docker build -f pipelines/steps/tfma.Dockerfile \
#         --build-arg STEP_IMAGE=<registry>/flights-staging-steps@sha256:<digest> -t flights-steps-tfma .
#
# The steps' image is named by digest, so that the same commit gives the same image; the tag below is for a first look only.
ARG STEP_IMAGE=flights-steps:latest
FROM ${STEP_IMAGE}

LABEL org.opencontainers.image.title="steps-tfma"
LABEL org.opencontainers.image.description="The steps, with TensorFlow Model Analysis as the evaluation's engine"

COPY requirements/tfma.txt /opt/program/requirements/tfma.txt
# Where packages come from is the builder's affair, as in the image below.
RUN --mount=type=secret,id=pip --mount=type=secret,id=certificates \
    python -m venv /opt/program/.venv-tfma && \
    PIP_CONFIG_FILE=/run/secrets/pip /opt/program/.venv-tfma/bin/pip install --no-cache-dir --no-compile --no-deps \
    --require-hashes -r requirements/tfma.txt && chmod -R a+rX /opt/program/.venv-tfma

ENTRYPOINT ["python", "-m", "pipelines.steps"]
