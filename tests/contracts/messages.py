"""All messages in the contracts, and a sample of each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec import Raw

from assay.contracts import facts, live, rpc, runs
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import (
    AttemptExecuted,
    AttemptJudged,
    AttemptView,
    ExecuteAttempt,
    Fault,
    GradeAttempt,
    Stage,
    State,
)
from assay.contracts.audit import AuditFlag, AuditKind, AuditSource
from assay.contracts.checks import Criterion, Rubric
from assay.contracts.codec import Message, encode
from assay.contracts.evaluation import EvaluationSpec, Measurements, evaluate
from assay.contracts.judging import JudgeModel
from assay.contracts.models import Call, ModelSpec, Parameters, Usage
from assay.contracts.money import Price
from assay.contracts.problems import FieldError, Problem
from assay.contracts.providers import ModelEntry, Provider, ProviderKind
from assay.contracts.rpc.money import ReleaseGrant
from assay.contracts.run_metrics import Prediction
from assay.contracts.sandboxes import SandboxRequirement
from assay.contracts.tail import TailKind, TailLine
from assay.contracts.tasks import Difficulty, Solver, TaskPin
from assay.contracts.verdicts import CheckResult, Outcome, RevisionSource, Verdict

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
REF = ArtifactRef(sha256="ab" * 32, size_bytes=12, media_type="text/plain")
USAGE = Usage(input_tokens=120, cached_tokens=20, output_tokens=30, reasoning_tokens=5)
PROVIDER = Provider(
    kind=ProviderKind.OPENAI, title="Mine", base_url="http://10.0.0.1/v1", models=(ModelEntry(name="small"),)
)
PROGRESS = runs.Progress(total=2, running=1, done=1, outcomes={Outcome.PASSED: 1}, cost_usd="0.00012", usage=USAGE)
ATTEMPT = AttemptView(
    attempt_id="01h-1",
    run_id="01h",
    ordinal=1,
    task_id="sums",
    category="coding",
    sample_id="main",
    model="openai/gpt-4o-mini",
    repeat=1,
    state=State.DONE,
    outcome=Outcome.PASSED,
    score=1.0,
    tries=1,
    cost_usd="0.00012",
    usage=USAGE,
    duration_seconds=1.5,
    changed_at=NOW,
)
RUN = runs.RunView(
    run_id="01h",
    project="default",
    name="nightly",
    suite="demo",
    status=runs.RunStatus.RUNNING,
    created_at=NOW,
    started_at=NOW,
    models=("openai/gpt-4o-mini",),
    task_ids=("sums",),
    repeats=2,
    progress=PROGRESS,
    sequence=7,
)
VERDICT = Verdict(
    outcome=Outcome.PASSED,
    score=1.0,
    checks=(CheckResult(name="tests", kind="tests", passed=True, score=1.0),),
    metrics={"mean_abs_err": 0.25},
)
CALL = Call(call_id="c1", model="openai/gpt-4o-mini", usage=USAGE, cost_nanousd=120_000, price_version="2026-01")
PIN = TaskPin(
    task_id="sums",
    digest="cd" * 32,
    category="coding",
    difficulty=Difficulty.EASY,
    solver=Solver.FILES,
    sample_ids=("main",),
    public=REF,
    hidden=REF,
    reference=REF,
)
MODEL = runs.ModelPin(
    model=ModelSpec(name="openai/gpt-4o-mini", parameters=Parameters(temperature=0.0, max_tokens=64)),
    price=Price(version="2026-01", input_nanousd_per_mtok=150_000_000, output_nanousd_per_mtok=600_000_000),
)
CLAIM = rpc.Claim(attempt_id="01h-1", token=1)

SAMPLES: tuple[Message, ...] = (
    ExecuteAttempt(attempt_id="01h-1", token=1),
    GradeAttempt(attempt_id="01h-1", token=1),
    AttemptExecuted(
        message_id="01h-1:1:executed",
        attempt_id="01h-1",
        token=1,
        worker_id="runner-a",
        outcome=Outcome.INFRA_ERROR,
        fault=Fault(kind="connection", message="refused", new_try=True),
        calls=(CALL,),
        output=REF,
        artifacts={"response.txt": REF},
        duration_seconds=1.5,
    ),
    AttemptJudged(
        message_id="01h-1:1:judged",
        attempt_id="01h-1",
        token=1,
        worker_id="judge-a",
        verdict=VERDICT,
        evaluation=evaluate(EvaluationSpec(), Measurements(score=1.0)),
        flags=(AuditFlag(kind=AuditKind.PROCESS_ENDED, detail="exit code 0", source=AuditSource.JUDGE),),
        predictions={"mood": Prediction(expected="good", predicted="bad")},
    ),
    facts.RunSubmitted(run=RUN),
    facts.RunStarted(run=RUN),
    facts.RunPaused(run=RUN),
    facts.RunResumed(run=RUN),
    facts.RunChanged(run=RUN),
    facts.RunWarned(run=RUN, account="day", percent=80, spent_usd="16", held_usd="0.5", limit_usd="20", message="80 %"),
    facts.RunStalled(run=RUN, seconds=600.0, reason="no runner is alive"),
    facts.RunCancelling(run=RUN),
    facts.RunFinished(run=RUN),
    facts.RunCancelled(run=RUN),
    facts.AttemptQueued(attempt=ATTEMPT, progress=PROGRESS),
    facts.AttemptStarted(attempt=ATTEMPT, progress=PROGRESS, worker_id="runner-a"),
    facts.AttemptRequeued(attempt=ATTEMPT, progress=PROGRESS, cause="the lease ran out", back_to=State.QUEUED),
    facts.AttemptRecalled(attempt=ATTEMPT, progress=PROGRESS, cause="the run was paused"),
    facts.AttemptCharged(attempt=ATTEMPT, progress=PROGRESS),
    facts.AttemptHandedIn(attempt=ATTEMPT, progress=PROGRESS),
    facts.AttemptGrading(attempt=ATTEMPT, progress=PROGRESS, worker_id="judge-a"),
    facts.AttemptFinished(attempt=ATTEMPT, progress=PROGRESS, verdict=VERDICT),
    facts.AttemptRevised(
        attempt=ATTEMPT,
        progress=PROGRESS,
        verdict=VERDICT,
        revision=1,
        source=RevisionSource.REVIEW,
        author="Ada",
        by_run="01i",
    ),
    TailLine(attempt_id="01h-1", token=1, kind=TailKind.MODEL, text="Hello", time=NOW, dropped=2),
    rpc.SubmitRun(plan=runs.RunPlan(suite="demo", tasks=(PIN,), models=(MODEL,), repeats=2), idempotency_key="k"),
    rpc.ImportRun(
        plan=runs.RunPlan(suite="imported/sums", tasks=(PIN,), models=(MODEL,), imported="Inspect 0.3.285"),
        attempts=(
            rpc.ImportedAttempt(
                task_index=0,
                model_index=0,
                sample_id="main",
                repeat=1,
                outcome=Outcome.PASSED,
                verdict=Verdict(outcome=Outcome.PASSED, score=1.0),
                output=REF,
                artifacts={"response.txt": REF},
                usage=USAGE,
                duration_seconds=1.5,
            ),
        ),
        idempotency_key="import-1",
    ),
    rpc.GetRun(run_id="01h"),
    rpc.GetCauses(run_id="01h"),
    rpc.GetRunMetrics(run_id="01h"),
    rpc.ListRuns(status=runs.RunStatus.FINISHED, suite="demo", search="night", limit=10),
    rpc.CancelRun(run_id="01h"),
    rpc.PauseRun(run_id="01h"),
    rpc.ResumeRun(run_id="01h"),
    rpc.ChangeRun(run_id="01h", limits=runs.RunLimits(cost_usd="2.5"), priority=9),
    rpc.RestartRun(run_id="01h", fresh=True, idempotency_key="k2"),
    rpc.RegradeRun(run_id="01h", checks=("tests",), tasks=(PIN,), idempotency_key="k3"),
    rpc.GetChanges(run_id="01i"),
    rpc.ListReviews(run_id="01h", limit=10),
    rpc.ReviewAttempt(
        attempt_id="01h-1",
        reviewer="Ada",
        reviews=(rpc.CheckReview(check="style", points={"clear": 3}, comment="good"),),
    ),
    rpc.QuoteRun(plan=runs.RunPlan(suite="demo", tasks=(PIN,), models=(MODEL,), repeats=2)),
    rpc.TopUpGrant(request_id="r1", attempt_id="01h-1", token=1, amount_nanousd=700_000),
    ReleaseGrant(request_id="r2", attempt_id="01h-1", token=1, amount_nanousd=700_000),
    rpc.GetMoney(),
    rpc.SetMoneyLimits(day_usd="20", project_usd=None, time_zone="Europe/Berlin"),
    rpc.GetCosts(by=rpc.CostBy.DAY, since=NOW.date(), prices={"openai/gpt-4o-mini": Price(version="2026-02")}),
    rpc.ClaimAttempts(worker_id="runner-a", stage=Stage.RUN, claims=(CLAIM,)),
    rpc.Heartbeat(worker_id="runner-a", stage=Stage.RUN, slots=4, leases=(CLAIM,)),
    rpc.ListAttempts(run_id="01h", outcome=Outcome.FAILED, limit=10),
    rpc.GetAttempt(attempt_id="01h-1"),
    rpc.AskModel(request_id="q1", model="openai/gpt-4o-mini", system="Grade.", prompt="Work", budget_nanousd=5_000),
    rpc.JudgeText(
        rubric=Rubric(criteria=(Criterion(id="clear", text="Is it clear?"),)),
        judge=JudgeModel(model=ModelSpec(name="openai/gpt-4o-mini")),
        task="Explain.",
        text="Because.",
    ),
    rpc.HoldForCalibration(request_id="r3", calibration_id="calibration:1", amount_nanousd=5_000),
    rpc.SettleCalibration(calibration_id="calibration:1", calls=(CALL,)),
    rpc.FindJudgeAnswers(keys=("ab" * 32,)),
    rpc.StoreJudgeAnswer(answer=rpc.JudgeAnswer(key="ab" * 32, model="openai/gpt-4o-mini", text='{"criteria": {}}')),
    rpc.GetBoard(suite="demo"),
    rpc.ListFacts(run_id="01h", after=3),
    rpc.GetHealth(),
    rpc.GetWantedSlots(sandboxes=(SandboxRequirement.CONTAINER,)),
    rpc.GetModelUse(model="lmstudio/qwen3-8b"),
    rpc.TestModel(model="local/smollm2-135m"),
    rpc.CheckModels(models=(ModelSpec(name="local/smollm2-135m"), ModelSpec(name="oracle"))),
    rpc.ListOfferedModels(provider_id="mine", provider=PROVIDER),
    rpc.PullModel(model="ollama/llama3.2", restart=True),
    rpc.ListProviders(),
    rpc.PutProvider(provider_id="mine", provider=PROVIDER, revision=2),
    rpc.RemoveProvider(provider_id="mine"),
    rpc.PutProviderKey(provider_id="mine", sealed=b"sealed", revision=2),
    rpc.RemoveProviderKey(provider_id="mine"),
    rpc.OpenProviderKey(provider_id="mine", recipient=bytes(32), attempt_id="01h-1", token=1),
    rpc.ReadTail(attempt_id="01h-1"),
    rpc.ServeModel(model="Qwen/Qwen3-0.6B", kind=ProviderKind.TRANSFORMERS),
    rpc.PreviewPrompt(public=REF, sample_id="main"),
    rpc.ExpireRuns(ended_before=NOW, dry_run=True),
    rpc.ListReferences(area="attempts", ended_before=NOW, cursor="01h-1", limit=100),
    live.Subscribe(topic="run:01h", cursor=7),
    live.Unsubscribe(topic="run:01h"),
    live.Ping(),
    live.ErrorFrame(
        topic="run:01x",
        problem=Problem(
            code="unknown_run", title="No such run", status=404, errors=(FieldError(where="topic", message="no"),)
        ),
    ),
    live.Degraded(degraded=True, reason="the bus is away"),
    live.Pong(),
    live.Snapshot(topic="run:01h", cursor=7, data=Raw(encode(live.RunSnapshot(run=RUN, attempts=(ATTEMPT,))))),
    live.FactFrame(topic="run:01h", cursor=7, event=Raw(b'{"type":"run.started"}')),
    live.TailFrame(
        topic="attempt:01h-1",
        lines=(TailLine(attempt_id="01h-1", token=1, kind=TailKind.STEP, text="calling", time=NOW),),
        dropped=1,
    ),
)


def all_messages() -> set[type[Message]]:
    """Every concrete message of the contracts."""
    found: set[type[Message]] = set()
    todo: list[type[Any]] = [Message]
    while todo:
        for kind in todo.pop().__subclasses__():
            todo.append(kind)
            if kind is not rpc.Request and kind.__module__.startswith("assay.contracts"):
                found.add(kind)
    return found
