def fill(
    samples: list[tuple[float, float | None]],
    times: list[float],
    method: str = "linear",
    max_gap: float | None = None,
    hold: float = 0,
    period: float | None = None,
) -> list[tuple[float | None, str]]:
    """Returns (value, kind) for each of the times; the kinds are "measured", "estimated", "held" and "missing"."""
    raise NotImplementedError
