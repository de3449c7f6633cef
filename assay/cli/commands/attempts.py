"""``assay attempts``."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.attempt_pages import all_attempts
from assay.cli.display.evaluation import evaluation_table, flags_table, ultimate_text
from assay.cli.display.logs import log_lines
from assay.cli.display.output import money, print_json, print_line, print_notice
from assay.cli.display.table import Table, print_table
from assay.cli.display.tables import artifacts_table, attempts_table
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.quantities import count_text
from assay.cli.resolve_ids import AttemptId, RunId, find_attempt, find_run
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import AttemptView, State
from assay.contracts.money import usd
from assay.contracts.verdicts import Outcome

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["attempts"])
Logs = Annotated[bool, typer.Option("--logs", help="Also print the prompt, the response or steps, output and checks.")]


@app.command("list")
def list_attempts(
    run: RunId = "latest",
    outcome: Annotated[Outcome | None, typer.Option("--outcome", help="Only attempts that ended like this.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="Only attempts in this state.")] = None,
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="Only attempts of this model.")] = "",
    task: Annotated[str, typer.Option("--task", metavar="ID", help="Only attempts at this task.")] = "",
    flagged: Annotated[bool, typer.Option("--flagged", help="Only attempts with audit flags.")] = False,
    server: Server = "",
    json: Json = False,
) -> None:
    """List a run's attempts."""

    async def fetch(client: AssayClient) -> tuple[AttemptView, ...]:
        run_id = (await find_run(client, run)).run_id
        return await all_attempts(
            client, run_id, outcome=outcome, state=state, model=model, task_id=task, flagged=flagged
        )

    found = call(server, fetch)
    if json:
        print_json(found)
    elif found:
        print_table(attempts_table(found))
        print_notice(f"details of one attempt: assay attempts show {found[0].attempt_id} --logs")
    else:
        print_notice("no matching attempts")


@app.command("show")
def show_attempt(attempt: AttemptId, logs: Logs = False, server: Server = "", json: Json = False) -> None:
    """Show an attempt: its result, checks, tries and artifacts."""
    call(server, lambda client: _show(client, attempt, logs, json))


async def _show(client: AssayClient, name: str, logs: bool, json: bool) -> None:
    detail = await find_attempt(client, name)
    if json:
        print_json(detail)
        return
    _print(detail)
    if logs:
        async for line in log_lines(client, detail):
            print_line(line)


def _print(detail: AttemptDetail) -> None:
    attempt, usage = detail.attempt, detail.attempt.usage
    score = "" if attempt.score is None else f", score {attempt.score:.2f}"
    print_line((attempt.attempt_id, "bold"), f" {attempt.outcome or attempt.state}{score}")
    print_line(f"task {attempt.task_id}, sample {attempt.sample_id}, model {attempt.model}, repeat {attempt.repeat}")
    tokens = (
        f"{usage.input_tokens} input and {usage.output_tokens} output tokens in {count_text(len(detail.calls), 'call')}"
    )
    print_line(f"{money(attempt.cost_usd)}, {tokens}, {attempt.duration_seconds:.1f} s")
    if detail.judge_calls:
        cost = money(usd(sum(call.cost_nanousd for call in detail.judge_calls)))
        print_line(f"judged by models in {count_text(len(detail.judge_calls), 'call')} for {cost}, booked apart")
    print_line(f"task digest {detail.task_digest}")
    for line in filter(None, (attempt.reason, attempt.reused_from and f"reused from {attempt.reused_from}")):
        print_line(line)
    if detail.verdict and detail.verdict.checks:
        columns = ("check", "kind", "result", "score", "weight", "message")
        table = Table(*columns, numbers=("score", "weight"), prose=("message",))
        for check in detail.verdict.checks:
            result = "passed" if check.passed else "failed"
            table.add(check.name, check.kind, result, f"{check.score:.2f}", check.weight, check.message)
        print_table(table)
    if detail.flags:
        print_table(flags_table(detail.flags))
        print_line("flags are for information: they do not change the score")
    if detail.evaluation:
        print_table(evaluation_table(detail.evaluation))
        print_line(ultimate_text(detail.evaluation))
    table = Table("try", "worker", "started", "ended", "seconds", "cause", numbers=("seconds",), prose=("cause",))
    for each in detail.tries:
        table.add(each.token, each.worker_id, each.started_at, each.ended, f"{each.duration_seconds:.1f}", each.cause)
    print_table(table)
    print_table(artifacts_table(detail.artifacts))
