"""Images without Docker: the same sources give the same digest."""
