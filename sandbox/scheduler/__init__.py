"""EventBridge Scheduler: schedules of the group default, which start jobs of SageMaker's."""
