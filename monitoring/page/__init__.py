"""What became of an environment, on one page that fetches nothing."""
