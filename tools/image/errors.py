"""What `make image` tells a person who has to do something."""


class ImageError(Exception):
    """An image that could not be built, run or pushed, or is not what it should be; a sentence with what to do."""


class NoEngineError(Exception):
    """Nothing on this machine builds images; the text says what to install."""
