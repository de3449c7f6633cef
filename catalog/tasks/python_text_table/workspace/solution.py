def render(headers: list[str], rows: list[list], width: int | None = None) -> str:
    """Returns the table, not wider than `width` unless that is None."""
    raise NotImplementedError
