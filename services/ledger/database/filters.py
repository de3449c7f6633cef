"""Optional conditions of a listing."""

from __future__ import annotations


class Filters:
    """Conditions with their parameters. As text: all of them, joined by AND."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._conditions: list[str] = []

    def add(self, condition: str, value: object) -> None:
        """``{}`` in the condition stands for the parameter; an empty value adds nothing."""
        if value:
            self.values.append(value)
            self._conditions.append(condition.format(f"${len(self.values)}"))

    def __str__(self) -> str:
        return " AND ".join(self._conditions) or "true"
