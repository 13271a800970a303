"""SageMaker's API: what its calls accept, refuse and answer."""
