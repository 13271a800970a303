"""One family of errors: callers catch `ReviewError`, and a narrower class only where something is done about it."""


class ReviewError(Exception):
    """Why it cannot be told what a change does, in a sentence that says what to type next where that is known."""
