"""Whether a model is still right: what it predicted, held against what became of each case (docs/quality.md)."""
