"""What the fake ledger does for judges: money up to a limit, and stored answers."""

from __future__ import annotations

from typing import Any

from assay.contracts.rpc import (
    FindJudgeAnswers,
    Grant,
    JudgeAnswer,
    JudgeAnswers,
    StoreJudgeAnswer,
    TopUpGrant,
)


class FakeJudging:
    """``limit_nanousd`` None: no limit. ``granted`` are the amounts in nano-USD, in order."""

    def __init__(self) -> None:
        self.limit_nanousd: int | None = None
        self.granted: list[int] = []
        self.answers: dict[str, JudgeAnswer] = {}

    def handlers(self) -> dict[Any, Any]:
        return {TopUpGrant: self.on_top_up, FindJudgeAnswers: self.on_find, StoreJudgeAnswer: self.on_store}

    async def on_top_up(self, request: TopUpGrant) -> Grant:
        if self.limit_nanousd is not None and sum(self.granted) + request.amount_nanousd > self.limit_nanousd:
            return Grant(reason="it exceeds the judges' limit")
        self.granted.append(request.amount_nanousd)
        return Grant(granted_nanousd=request.amount_nanousd)

    async def on_find(self, request: FindJudgeAnswers) -> JudgeAnswers:
        return JudgeAnswers(items=tuple(self.answers[key] for key in request.keys if key in self.answers))

    async def on_store(self, request: StoreJudgeAnswer) -> JudgeAnswer:
        return self.answers.setdefault(request.answer.key, request.answer)
