"""What stands in `definition.json` where only a stack knows the value. Each has the shape of what replaces it.

`components/definition.py` replaces whole values, never parts of a text, so none of these is part of another value.
"""

MODEL = "sentinel-model"
ENVIRONMENT = "sentinel-environment"
REGION = "sentinel-region"
TRAINING_ROLE = "arn:aws:iam::000000000000:role/training"
REGISTRAR_ROLE = "arn:aws:iam::000000000000:role/registrar"
KEY = "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-0000-0000-000000000000"
# Where executions leave what they make: `runs/` of the registry bucket, as URI.
RUNS = "s3://sentinel/runs"
# Of every step: the smallest that both kinds of job take, and too small for a model.
INSTANCE = "ml.t3.medium"
SUBNETS = ("subnet-00000000",)
SECURITY_GROUPS = ("sg-00000000",)
# On every job, so that a bill tells whose it was.
TAG = ("tag-key-00000000", "tag-value-00000000")
