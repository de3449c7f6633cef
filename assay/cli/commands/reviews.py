"""``assay reviews``."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from assay.cli.display.output import print_json, print_line, print_notice
from assay.cli.display.table import Table, print_table
from assay.cli.errors import BadUsage
from assay.cli.lazy import COMMANDS
from assay.cli.options import Json, Server
from assay.cli.resolve_ids import AttemptId, find_attempt, find_run
from assay.cli.server import call
from assay.client import AssayClient
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.rpc import CheckReview, ReviewItem, ReviewPage
from assay.contracts.verdicts import CheckResult, Verdict

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=COMMANDS["reviews"])
RunOption = Annotated[str, typer.Option("--run", metavar="RUN", help="Only of this run; `latest` is the newest.")]
CheckName = Annotated[
    str, typer.Option("--check", metavar="NAME", help="The check to decide. Default: the only one that waits.")
]
Points = Annotated[
    list[str] | None,
    typer.Option("--points", metavar="CRITERION=N", help="Points for a criterion; give one for each."),
]
ScoreOption = Annotated[
    float | None,
    typer.Option("--score", metavar="N", min=0.0, max=1.0, help="For a check without criteria: a score from 0 to 1."),
]
CommentOption = Annotated[str, typer.Option("--comment", metavar="TEXT", help="Why; shown with the verdict.")]
ReviewerOption = Annotated[
    str, typer.Option("--reviewer", metavar="NAME", help="Who decides. Default: your user name.")
]


@app.command("list")
def list_reviews(run: RunOption = "", server: Server = "", json: Json = False) -> None:
    """List the attempts that wait for a reviewer, the oldest first."""

    async def fetch(client: AssayClient) -> ReviewPage:
        run_id = (await find_run(client, run)).run_id if run else ""
        items: list[ReviewItem] = []
        cursor = ""
        while True:
            page = await client.reviews(run_id=run_id, cursor=cursor)
            items += page.items
            cursor = page.next_cursor
            if not cursor:
                return ReviewPage(items=tuple(items), total=page.total)

    page = call(server, fetch)
    if json:
        print_json(page)
    elif page.items:
        table = Table("attempt", "task", "sample", "model", "checks", prose=("checks",))
        for item in page.items:
            attempt, checks = item.attempt, ", ".join(check.name for check in item.checks)
            table.add(attempt.attempt_id, attempt.task_id, attempt.sample_id, attempt.model, checks)
        print_table(table)
        print_notice(f"what to decide: assay reviews show {page.items[0].attempt.attempt_id}")
    else:
        print_notice("no attempt waits for a reviewer")


@app.command("show")
def show_review(attempt: AttemptId, server: Server = "", json: Json = False) -> None:
    """Show what a reviewer has to decide, with the criteria, and what was decided before."""
    detail = call(server, lambda client: find_attempt(client, attempt))
    if json:
        print_json({"checks": detail.verdict.checks if detail.verdict else (), "revisions": detail.revisions})
        return
    attempt_view = detail.attempt
    print_line(
        (attempt_view.attempt_id, "bold"), f" {attempt_view.outcome or attempt_view.state}: {attempt_view.task_id}"
    )
    for check in _open_checks(detail.verdict):
        print_line(f"{check.name}: {check.message}")
        _print_form(check)
    for revision in detail.revisions:
        verdict, comment = revision.verdict, f": {revision.comment}" if revision.comment else ""
        print_line(
            f"verdict {revision.revision}, {revision.source} by {revision.author}: {verdict.outcome} "
            f"{verdict.score:.2f}{comment}"
        )
    print_notice(f"the output: assay attempts show {attempt_view.attempt_id} --logs")


@app.command("submit")
def submit_review(
    attempt: AttemptId,
    check: CheckName = "",
    points: Points = None,
    score: ScoreOption = None,
    comment: CommentOption = "",
    reviewer: ReviewerOption = "",
    server: Server = "",
    json: Json = False,
) -> None:
    """Decide a check of an attempt. Its verdict, its run and the leaderboard change; the earlier verdict is kept."""
    given = _points(points or [])

    async def submit(client: AssayClient) -> AttemptDetail:
        detail = await find_attempt(client, attempt)
        name = check or _only_open_check(detail)
        review = CheckReview(check=name, points=given, score=score, comment=comment)
        return await client.review(detail.attempt.attempt_id, reviewer or getpass.getuser(), [review])

    detail = call(server, submit)
    if json:
        print_json(detail)
    else:
        shown = detail.attempt
        print_line((shown.attempt_id, "bold"), f" {shown.outcome}, score {shown.score or 0.0:.2f}")


def _print_form(check: CheckResult) -> None:
    if check.form is None or not check.form.criteria:
        print_line("  no criteria: give --score from 0 to 1")
        return
    if check.form.instructions:
        print_line(f"  {check.form.instructions}")
    table = Table("criterion", "points", "weight", "question", numbers=("points", "weight"), prose=("question",))
    for criterion in check.form.criteria:
        table.add(criterion.id, f"0 to {criterion.points}", criterion.weight, criterion.text)
    print_table(table)


def _open_checks(verdict: Verdict | None) -> list[CheckResult]:
    return [check for check in verdict.checks if check.needs_review] if verdict else []


def _only_open_check(detail: AttemptDetail) -> str:
    names = [check.name for check in _open_checks(detail.verdict)]
    if len(names) != 1:
        every = [check.name for check in detail.verdict.checks] if detail.verdict else []
        waiting = f"{', '.join(names)} wait" if names else "none of its checks waits"
        raise BadUsage(
            f"name the check with --check, because {waiting} for a reviewer; its checks are {', '.join(every)}"
        )
    return names[0]


def _points(given: list[str]) -> dict[str, int]:
    points: dict[str, int] = {}
    for each in given:
        name, equals, number = each.partition("=")
        if not equals or not number.strip().isdigit():
            raise BadUsage(f"--points {each!r} is not like clear=3")
        points[name.strip()] = int(number)
    return points
