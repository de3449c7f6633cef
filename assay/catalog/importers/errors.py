"""Why nothing can be imported. What concerns a single row or problem is a ``LeftOut`` of the plan instead.

ImportFailed            the text says what, where, why, and what to do next
├── ColumnNeeded        a column that no option names and that cannot be guessed, or that the user should confirm
└── WouldReplace        tasks or a suite with other content exist
"""

from __future__ import annotations

from collections.abc import Sequence


class ImportFailed(Exception):
    pass


class ColumnNeeded(ImportFailed):
    """``option`` is the field of ``QuestionOptions`` that should name one of ``columns``; ``guess`` may be empty."""

    def __init__(self, option: str, columns: Sequence[str], guess: str, reason: str) -> None:
        listed = ", ".join(columns)
        super().__init__(f"{reason}; name one by --{option}. The columns are: {listed}")
        self.option, self.columns, self.guess = option, tuple(columns), guess


class WouldReplace(ImportFailed):
    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        super().__init__(f"nothing was written: other content already exists for {shown}; --replace replaces it")
