"""A Git remote of each account, and what is told of a push."""
