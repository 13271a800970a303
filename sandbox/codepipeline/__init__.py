"""CodePipeline: pipelines of type V2, and executions of them that run on this machine."""
