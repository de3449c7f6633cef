"""A seed's scenario: the runs, the faults and their odds, and when each action happens."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from assay.contracts.money import TokenPrice
from assay.contracts.runs import CancelGrading, RunLimits, RunRequest
from tests.faults.simulation.world.fault_injection import FaultOdds
from tests.faults.simulation.world.model_provider import ProviderBehaviour

MODELS = ("sim/alpha", "sim/beta")
PRICES = (
    TokenPrice(input_usd_per_mtok="10", output_usd_per_mtok="40"),
    TokenPrice(input_usd_per_mtok="3.333333", output_usd_per_mtok="77.7777", cached_usd_per_mtok="1"),
)


@dataclass(frozen=True, kw_only=True)
class ScheduledAction:
    """``action`` is a method of ``Cluster`` or ``Clients``, called at a virtual second."""

    at: float
    action: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Faults end at ``heal_at``; everything must recover from then on."""

    seed: int
    odds: FaultOdds = field(default_factory=FaultOdds)
    provider: ProviderBehaviour = field(default_factory=ProviderBehaviour)
    requests: tuple[tuple[float, RunRequest], ...] = ()
    actions: tuple[ScheduledAction, ...] = ()
    heal_at: float = 10.0
    runners: int = 2
    judges: int = 1
    ledgers: int = 1
    dashboards: bool = True
    model_graded: bool = False
    """The tasks' checks count as calling a model."""
    lease_seconds: float = 3.0


def scenario_of(seed: int) -> Scenario:
    """Each kind of fault occurs in some seeds only, so that none hides another."""
    rng = random.Random(f"scenario {seed}")
    heal_at = rng.uniform(5.0, 12.0)
    return Scenario(
        seed=seed,
        odds=_odds(rng),
        provider=replace(
            _provider_behaviour(rng), refused_model=random.Random(f"refuses {seed}").choice(("", "", "", MODELS[1]))
        ),
        requests=tuple((rng.uniform(0.0, heal_at / 2), _request(rng)) for _ in range(rng.choice((1, 1, 2)))),
        actions=tuple(sorted(_actions(rng, heal_at), key=lambda action: action.at)),
        heal_at=heal_at,
        runners=rng.choice((1, 2, 2)),
        ledgers=rng.choice((1, 1, 2)),
        model_graded=random.Random(f"model_graded {seed}").random() < 0.4,
    )


def _sometimes(rng: random.Random, maximum: float, share: float = 0.5) -> float:
    return rng.random() * maximum if rng.random() < share else 0.0


def _odds(rng: random.Random) -> FaultOdds:
    return FaultOdds(
        crash=_sometimes(rng, 0.01),
        delay=_sometimes(rng, 0.1),
        lost=_sometimes(rng, 0.1),
        repeated=_sometimes(rng, 0.2),
        late=_sometimes(rng, 0.3),
        unavailable=_sometimes(rng, 0.05, 0.3),
    )


def _provider_behaviour(rng: random.Random) -> ProviderBehaviour:
    return ProviderBehaviour(
        slow_seconds=rng.uniform(0.1, 3.0),
        rate_limited=_sometimes(rng, 0.2, 0.3),
        unreachable=_sometimes(rng, 0.2, 0.3),
        lost_replies=_sometimes(rng, 0.2, 0.3),
        overcharged=_sometimes(rng, 0.1, 0.2),
    )


def _request(rng: random.Random) -> RunRequest:
    models = rng.choice((MODELS[:1], MODELS))
    return RunRequest(
        models=models,
        tasks=("echo",),
        samples=rng.randint(1, 4),
        prices=dict.fromkeys(models, rng.choice(PRICES)),
        limits=_limits(rng),
        priority=rng.randint(1, 9),
        partial=True,
        reuse=rng.random() < 0.2,
    )


def _limits(rng: random.Random) -> RunLimits:
    """An attempt costs 0.0165 USD at most."""
    return RunLimits(
        cost_usd=rng.choice((None, "1", "0.05", "0.02")),
        seconds=rng.choice((10_800.0, 10_800.0, 6.0)),
        concurrency=rng.choice((0, 0, 1, 2)),
        no_progress_seconds=rng.choice((600.0, 2.0)),
    )


def _actions(rng: random.Random, heal_at: float) -> list[ScheduledAction]:
    actions: list[ScheduledAction] = []

    def maybe(share: float, action: str, *arguments: Any) -> None:
        if rng.random() < share:
            actions.append(ScheduledAction(at=rng.uniform(0.5, heal_at), action=action, arguments=arguments))

    maybe(0.25, "delete_stream_store")
    maybe(0.25, "freeze", rng.choice(("runner-0", "judge-0")), 9.5)
    for name in ("runner-0", "judge-0", "ledger-0", "gateway-0"):
        maybe(0.15, "disconnect", name, rng.uniform(0.5, 5.0))
        maybe(0.15, "kill", name)
    maybe(0.1, "cancel", rng.choice((0.0, 2.0, 5.0)), random.Random(f"grading {heal_at}").choice(tuple(CancelGrading)))
    maybe(0.15, "pause")
    maybe(0.15, "resume")
    maybe(0.15, "limit", rng.choice((None, "0.03", "0.01", "0.0001")))
    maybe(0.1, "limit_project", rng.choice(("0.03", "0.005")), rng.choice((None, "0.04")))
    maybe(0.1, "restart")
    return actions
