"""SageMaker's pipelines, and the jobs that are their steps."""
