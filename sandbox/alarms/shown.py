"""Which query of an alarm is the one that it compares."""


def returns_data(given: object) -> bool:
    """What a query's ReturnData says, as a caller gave it or as moto keeps it; without a word it does."""
    return given is None or str(given).lower() == "true"
