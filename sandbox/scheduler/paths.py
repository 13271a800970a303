"""Paths of the routes by which the clock of schedules and metrics is looked at and moved."""

PATH = "/sandbox/clock"
SET, RUN = f"{PATH}/set", f"{PATH}/run"
