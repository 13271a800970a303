"""AWS on one machine. Nothing outside tests and the Makefile knows that it exists."""
