"""What follows from reports of drift and of quality: somebody is told, or a retrained model is proposed (docs/quality.md)."""
