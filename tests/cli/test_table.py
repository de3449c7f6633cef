"""Tables at any width: words stay whole, so that ids can be copied."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest

from assay.cli.display.table import Table
from tests.cli.harness import Assay, exit_code

MODELS = ("oracle", "nop", "scripted/mixed", "openai/gpt-4o-mini")
RUN_IDS = ["01m8h0k13sj0b3dk2zw2vgc2zf", "01m8gztet2y2j74av6ap1yh84y"]


@pytest.fixture
def table() -> Table:
    table = Table("run", "name", "models", "cost", numbers=("cost",), prose=("name", "models"))
    table.add(RUN_IDS[0], "a name of many words that goes on", "openai/gpt-4o-mini, local/smollm2-135m", "$0.25")
    table.add(RUN_IDS[1], "數學測試", "oracle", "$12")
    return table


def test_a_table_that_fits_has_a_line_per_row_and_aligned_columns(table: Table) -> None:
    assert list(table.lines(120)) == [
        "run                         name                               models                                   cost",
        f"{RUN_IDS[0]}  a name of many words that goes on  openai/gpt-4o-mini, local/smollm2-135m  $0.25",
        f"{RUN_IDS[1]}  數學測試                           oracle                                    $12",
    ]


def test_only_prose_is_folded_and_only_at_spaces(table: Table) -> None:
    assert list(table.lines(80)) == [
        "run                         name                   models                   cost",
        f"{RUN_IDS[0]}  a name of many words   openai/gpt-4o-mini,     $0.25",
        "                            that goes on           local/smollm2-135m",
        f"{RUN_IDS[1]}  數學測試               oracle                    $12",
    ]


def test_values_that_do_not_fit_follow_on_lines_of_their_own(table: Table) -> None:
    assert list(table.lines(40)) == [
        "run",
        RUN_IDS[0],
        "    name a name of many words that goes",
        "    on;",
        "    models openai/gpt-4o-mini,",
        "    local/smollm2-135m; cost $0.25",
        RUN_IDS[1],
        "    name 數學測試; models oracle;",
        "    cost $12",
    ]


@pytest.mark.parametrize("width", range(1, 130))
def test_no_width_breaks_a_word_or_loses_one(table: Table, width: int) -> None:
    words = {word.strip(";") for line in table.lines(width) for word in line.split()}
    assert {*RUN_IDS, "openai/gpt-4o-mini,", "local/smollm2-135m", "$0.25", "$12", "數學測試", "models"} <= words


def test_without_a_terminal_each_row_is_one_line(table: Table) -> None:
    assert len(list(table.lines(None))) == 3


@pytest.fixture(scope="module")
def run(assay: Assay) -> dict[str, Any]:
    tasks = ("evaluate_expression", "telemetry_basic", "ticket_routing")
    chosen = (*(f"--task={name}" for name in tasks), *(f"--model={name}" for name in MODELS))
    return assay("run", *chosen, "--samples", "1", "--force", "--json").data


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 120])
def test_ids_and_names_are_printed_in_one_piece(
    assay: Assay, stack_folder: Path, run: dict[str, Any], width: int
) -> None:
    listed = _on_terminal(stack_folder, width, "runs", "list")
    assert re.search(rf"^{run['run_id']} ", listed, re.MULTILINE)
    assert all(name in listed.replace(",", " ").replace(";", " ").split() for name in MODELS)
    shown = _on_terminal(stack_folder, width, "runs", "show", run["run_id"]).split()
    assert {*MODELS, *run["task_ids"]} <= set(shown)
    detail = assay("attempts", "show", f"{run['run_id']}-1", "--json").data
    attempt = _on_terminal(stack_folder, width, "attempts", "show", f"{run['run_id']}-1").split()
    assert {detail["tries"][0]["worker_id"], *detail["artifacts"]} <= set(attempt)
    for command in ("tasks list", "suites list", "models list", "leaderboard", "costs", "limits show", "prices show"):
        printed = _on_terminal(stack_folder, width, *command.split())
        assert max(map(len, printed.splitlines())) <= max(width, 90), command


def _on_terminal(folder: Path, width: int, *command: str) -> str:
    """What the command prints on a terminal of this width, without colours."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    with ThreadPoolExecutor(1) as reader, os.fdopen(ours, "rb", buffering=0) as terminal:
        printed = reader.submit(_read, terminal)
        code = exit_code(folder, command, Path(os.ttyname(its)), Path(os.devnull))
        os.close(its)
        assert code == 0
        return re.sub(r"\x1b\[[0-9;]*m", "", printed.result().decode()).replace("\r\n", "\n")


def _read(terminal: IO[bytes]) -> bytes:
    """Everything until no process has the other end open, which is an error on Linux."""
    printed = b""
    with suppress(OSError):
        while data := terminal.read(65_536):
            printed += data
    return printed
