class MissingError(Exception):
    """Something that is to run needs it, and it is not there; the text says what and where."""
