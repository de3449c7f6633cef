"""Judges at a local server that speaks OpenAI's format, asked through a runner's real handler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from assay.bus.memory import MemoryBus
from assay.bus.protocol import RpcHandler
from assay.catalog import Catalog
from assay.contracts.checks import Criterion, Reveal, Rubric
from assay.contracts.codec import encode
from assay.contracts.judging import JudgeModel
from assay.contracts.models import ModelSpec, Parameters
from assay.contracts.money import Price
from assay.contracts.providers import Provider, ProviderKind
from assay.contracts.rpc import AskModel
from assay.contracts.tasks import HiddenTask, Solver
from services.judge.artifacts.hidden_bundles import HiddenBundle
from services.judge.artifacts.outputs import Output
from services.judge.checks.check_result import CheckScore
from services.judge.checks.regex_worker import RegexWorker
from services.judge.grading.context import GradingContext
from services.judge.grading.grade import run_check
from services.judge.rubric.answer_cache import LedgerAnswers
from services.judge.rubric.judge_budget import AttemptBudget
from services.judge.rubric.judging import Judging
from services.judge.rubric.model_client import AskContext, AskPolicy, ModelClient
from services.judge.rubric.panel import Panel
from services.runner.model_questions import on_models_ask
from services.runner.models.http.address_policy import parse_networks
from services.runner.models.registry import ModelRegistry
from tests.fakes.ledger.judging import FakeJudging
from tests.fakes.providers.endpoint import FakeEndpoint
from tests.judge.harness import RealTools
from tests.runner.harness import FAST_RETRIES
from tests.runner.sample_catalog import write_catalog

PRICE = Price(version="test", input_nanousd_per_mtok=1_000_000_000, output_nanousd_per_mtok=2_000_000_000)
CRITERIA = (
    Criterion(id="correct", text="Names the reason.", weight=3.0),
    Criterion(id="clear", text="Is easy to read.", scale=(0, 10)),
)
RUBRIC = Rubric(criteria=CRITERIA)
FAST = AskPolicy(timeout_seconds=30.0, waits_seconds=(0.01, 0.01))


def judgement(scores: Mapping[str, Any], field: str = "score", **more: Any) -> str:
    """An answer as judges are asked for."""
    criteria = {name: {"evidence": "", "reason": "As it reads.", field: value} for name, value in scores.items()}
    return encode({"criteria": criteria, **more}).decode()


class RubricHarness:
    def __init__(self, folder: Path, endpoint: FakeEndpoint, policy: AskPolicy = FAST) -> None:
        write_catalog(folder / "catalog", endpoint.url)
        self.endpoint, self.bus, self.ledger = endpoint, MemoryBus(), FakeJudging()
        self.models = ModelRegistry(
            Catalog.open(folder / "catalog"),
            self.bus.rpc,
            {},
            retry_policy=FAST_RETRIES,
            local_networks=parse_networks("loopback"),
        )
        self.panel = Panel(models=ModelClient(self.bus.rpc, 8, policy), answers=LedgerAnswers(self.bus.rpc))
        self.context = self.new_context()

    async def serve(self, answer: RpcHandler | None = None) -> None:
        """``answer`` replaces the runner."""
        await self.bus.rpc.serve("ledger", self.ledger.handlers())
        await self.bus.rpc.serve("runner", {AskModel: answer or partial(on_models_ask, models=self.models)})

    async def close(self) -> None:
        await self.models.close()
        await self.bus.close()

    def new_context(self) -> AskContext:
        return AskContext(budget=AttemptBudget(self.bus.rpc, "run-1", 3), attempt_id="run-1", token=3)

    def judge(self, name: str = "lab/alpha", price: Price | None = PRICE, **more: Any) -> JudgeModel:
        provider = Provider(
            kind=ProviderKind.OPENAI, title="Lab", base_url=self.endpoint.url, any_model=True, local=True
        )
        spec = ModelSpec(name=name, parameters=Parameters(temperature=0.0))
        return JudgeModel(model=spec, price=price, registered=True, provider=provider, **more)

    async def grade(
        self,
        output: Output = "Ice is less dense than water.",
        rubric: Rubric = RUBRIC,
        judges: Sequence[JudgeModel] = (),
        made_by: str = "other/model",
        reveal: Reveal = Reveal.NAMES,
    ) -> CheckScore:
        solver = Solver.ANSWER if isinstance(output, str) else Solver.FILES
        task = HiddenTask(
            task_id="t",
            digest="0" * 64,
            solver=solver,
            checks=(rubric,),
            expected={"a": "Because it is less dense."},
            questions={"a": "Why does ice float?"},
            reveal=reveal,
        )
        judging = Judging(
            panel=self.panel,
            judges=tuple(judges) or (self.judge(),),
            made_by=frozenset({made_by}),
            context=self.context,
        )
        context = GradingContext(
            hidden=HiddenBundle(task=task, files={}),
            sample_id="a",
            output=output,
            tools=RealTools(regex=RegexWorker()),
            judging=judging,
        )
        return await run_check(rubric, context)

    def prompts(self) -> list[tuple[str, str]]:
        """System message and prompt of each request."""
        return [(body["messages"][0]["content"], body["messages"][1]["content"]) for body in self.endpoint.bodies]


def with_fields(rubric: Rubric = RUBRIC, **fields: Any) -> Rubric:
    return msgspec.structs.replace(rubric, **fields)
