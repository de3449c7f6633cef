"""Requests over the bus, grouped by topic. Each names its service and the type of its reply."""

from __future__ import annotations

from typing import Any

from assay.contracts.rpc.attempts import (
    AttemptPage,
    Claim,
    ClaimAttempts,
    Claims,
    GetAttempt,
    Heartbeat,
    Leases,
    ListAttempts,
)
from assay.contracts.rpc.money import CostBy, GetCosts, GetMoney, Grant, Money, SetMoneyLimits, TopUpGrant
from assay.contracts.rpc.previews import AttemptPreview, PreviewPrompt, Prompt, PromptImage, PromptMessage, RunPreview
from assay.contracts.rpc.request import PageSize, Request
from assay.contracts.rpc.results import FactPage, GetBoard, ListFacts
from assay.contracts.rpc.retention import Collected, Expired, ExpireRuns, ListReferences, References, Swept
from assay.contracts.rpc.runs import (
    CancelRun,
    ChangeRun,
    GetCauses,
    GetRun,
    ListRuns,
    PauseRun,
    Quote,
    QuoteRun,
    RestartRun,
    ResumeRun,
    RunPage,
    SubmitRun,
)
from assay.contracts.rpc.scaling import GetWantedSlots, StageSlots, WantedSlots
from assay.contracts.rpc.services import GetHealth, ModelEndpoint, ModelProbe, ServeModel, ServiceHealth, TestModel
from assay.contracts.rpc.tail import ReadTail, TailBacklog

LEDGER_REQUESTS: tuple[type[Request[Any]], ...] = (
    SubmitRun,
    GetRun,
    GetCauses,
    ListRuns,
    CancelRun,
    PauseRun,
    ResumeRun,
    ChangeRun,
    RestartRun,
    QuoteRun,
    TopUpGrant,
    GetMoney,
    SetMoneyLimits,
    GetCosts,
    ClaimAttempts,
    Heartbeat,
    ListAttempts,
    GetAttempt,
    GetBoard,
    ListFacts,
    ExpireRuns,
    ListReferences,
    GetHealth,
    GetWantedSlots,
)

__all__ = [
    "LEDGER_REQUESTS",
    "AttemptPage",
    "AttemptPreview",
    "CancelRun",
    "ChangeRun",
    "Claim",
    "ClaimAttempts",
    "Claims",
    "Collected",
    "CostBy",
    "ExpireRuns",
    "Expired",
    "FactPage",
    "GetAttempt",
    "GetBoard",
    "GetCauses",
    "GetCosts",
    "GetHealth",
    "GetMoney",
    "GetRun",
    "GetWantedSlots",
    "Grant",
    "Heartbeat",
    "Leases",
    "ListAttempts",
    "ListFacts",
    "ListReferences",
    "ListRuns",
    "ModelEndpoint",
    "ModelProbe",
    "Money",
    "PageSize",
    "PauseRun",
    "PreviewPrompt",
    "Prompt",
    "PromptImage",
    "PromptMessage",
    "Quote",
    "QuoteRun",
    "ReadTail",
    "References",
    "Request",
    "RestartRun",
    "ResumeRun",
    "RunPage",
    "RunPreview",
    "ServeModel",
    "ServiceHealth",
    "SetMoneyLimits",
    "StageSlots",
    "SubmitRun",
    "Swept",
    "TailBacklog",
    "TestModel",
    "TopUpGrant",
    "WantedSlots",
]
