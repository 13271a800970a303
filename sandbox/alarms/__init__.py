"""CloudWatch's alarms: evaluated as their periods end, and told to the topics that they name."""
