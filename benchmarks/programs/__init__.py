"""Whole programs that are measured: each imports what it runs, and nothing of what measures it."""
