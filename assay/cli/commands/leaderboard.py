"""``assay leaderboard``."""

from __future__ import annotations

import typer

from assay.cli.display.output import print_json, print_notice
from assay.cli.display.table import print_table
from assay.cli.display.tables import board_table
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, OnlyCategory, OnlyDifficulty, OnlyLanguage, OnlySuite, Server
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.imported_runs import IMPORTED_SUITE
from assay.contracts.leaderboard import Board
from assay.contracts.tasks import Difficulty

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help=COMMANDS["leaderboard"])
def leaderboard(
    suite: OnlySuite = "",
    category: OnlyCategory = "",
    difficulty: OnlyDifficulty = "",
    language: OnlyLanguage = "",
    server: Server = "",
    json: Json = False,
) -> None:
    async def fetch(client: AssayClient) -> Board:
        board = await client.leaderboard(suite=suite, category=category, difficulty=difficulty, language=language)
        if suite and not board.rows:
            await client.suite(suite)  # refused with a suggestion if there is no such suite
        return board

    board = call(server, fetch)
    if json:
        print_json(board)
    elif board.rows:
        print_table(board_table(board))
    elif suite or category or difficulty or language:
        print_notice(f"no finished attempt matches the filter{_suggestions(server, board)}")
    elif imported := [suite for suite in board.suites if suite.startswith(IMPORTED_SUITE)]:
        print_notice(f"no results except imported ones: --suite {' or '.join(imported)} shows them")
    else:
        print_notice("no results yet; `assay run --suite demo --model oracle --model nop` creates some")


def _suggestions(server: str, board: Board) -> str:
    """What is wrong with the filter's names, if they are unknown: ``; unknown suite 'dmeo'; did you mean 'demo'?``."""
    from assay.validation.did_you_mean import unknown_name, with_suggestion

    suites = {suite.suite_id for suite in call(server, AssayClient.suites)} if board.suite else set[str]()
    known = (
        ("suite", board.suite, suites | set(board.suites)),
        ("category", board.category, {*board.categories}),
        ("difficulty", board.difficulty, set(map(str, Difficulty))),
        ("language", board.language, {*board.languages}),
    )
    unknown = [unknown_name(noun, name, names) for noun, name, names in known if name and name not in names]
    return "".join(f"; {with_suggestion(*each)}" for each in unknown)
