"""Programs that the sandbox runs: exactly the environment asked for, limits, a network of their own, no survivors."""
