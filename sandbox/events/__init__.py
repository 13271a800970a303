"""EventBridge: what CodeBuild and CodePipeline tell, and the rules that carry it to topics."""
