"""`make year`: the flights of April to October lived through an endpoint, judged by drift and by labels, and what follows (docs/drift.md)."""
