def clamp(number: float, low: float, high: float) -> float:
    if low > high:
        raise ValueError("low is above high")
    return min(max(number, low), high)
