"""What can be wrong with a journal."""


class LarderError(ValueError):
    """Its message says what is wrong, and where."""
