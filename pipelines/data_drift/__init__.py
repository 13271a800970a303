"""Whether what a model is asked has moved away from what it learned on (docs/training.md)."""
