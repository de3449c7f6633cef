def clamp(number: float, low: float, high: float) -> float:
    raise NotImplementedError
