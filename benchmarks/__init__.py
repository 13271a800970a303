"""What this project promises in numbers, measured: ratios in one run on the same work, never timed tests."""
