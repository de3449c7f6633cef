"""The leaderboard as a table."""

from __future__ import annotations

import pytest
from msgspec import structs

from assay.cli.display.table import print_table
from assay.cli.display.tables import board_table
from assay.contracts.leaderboard import Board, BoardRow


def test_flags_and_impossible_tasks_have_columns_if_there_are_any(capsys: pytest.CaptureFixture[str]) -> None:
    plain = row("plain", 2, 1.0, 1)
    print_table(board_table(Board(rows=(plain,))))
    assert "flagged" not in capsys.readouterr().out
    cheat = structs.replace(plain, model="cheat", flagged=1, impossible_attempts=6, impossible_passed=2)
    print_table(board_table(Board(rows=(plain, cheat))))
    out = capsys.readouterr().out
    assert "flagged" in out and "impossible" in out
    assert "2 of 6" in next(line for line in out.splitlines() if "cheat" in line)


def row(model: str, n: int, score: float | None, rank: int | None) -> BoardRow:
    return BoardRow(
        model=model,
        n=n,
        passed=n,
        errors=40,
        score=score,
        pass_rate=score,
        cost_usd="0.2",
        cost_per_attempt_usd="0.1",
        duration_seconds=1.5,
        rank=rank,
    )


def test_equal_scores_share_a_rank_and_a_model_without_a_scored_attempt_has_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    board = Board(rows=(row("first", 2, 1.0, 1), row("second", 2, 1.0, 1), row("broken", 0, None, None)))
    print_table(board_table(board))
    lines = {cells[1]: cells for line in capsys.readouterr().out.splitlines() if len(cells := line.split()) > 5}
    assert lines["first"][0] == lines["second"][0] == "1"
    assert lines["broken"] == ["-", "broken", "-", "-", "0", "40", "$0.2", "-", "-"]
