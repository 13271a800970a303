"""OCI images without Docker: the same sources give the same digest."""
