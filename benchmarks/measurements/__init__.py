"""One file a measurement: `measure(world)` returns its lines of the table."""
