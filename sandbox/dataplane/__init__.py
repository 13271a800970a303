"""SageMaker's data plane: one fast process between callers and the model servers."""
