"""Prometheus gauges of the whole system, which the leading ledger alone reports: sums over replicas are right."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import REGISTRY, Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from assay.bus.errors import BusUnavailable
from assay.bus.protocol import Storage, StreamState
from assay.contracts.attempts import Stage
from assay.contracts.sandboxes import SandboxRequirement
from services.ledger.database.database import Database
from services.ledger.metrics.measurement import Measurement, measure
from services.ledger.scheduling.wanted_slots import POOL, Demand, WantedSlotsStore
from services.ledger.settings import LedgerSettings

PERIOD_SECONDS = 5.0
_MAX_SHARE = 0.01
"""Of the time that reading may take: a long queue, which is counted row by row, is read less often."""
_MAX_AGE_SECONDS = 60.0
_NANOUSD = 1e9
_STAGE_POOL = ("stage", "pool")
_LEADS = Gauge("assay_ledger_leads", "1 in the ledger process that leads")
_LEADS.set(0)


class SystemGauges(Collector):
    """Scrapes get the values that were read last."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        settings: LedgerSettings,
        wanted_slots: WantedSlotsStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._storage, self._clock = database, storage, clock
        self._wanted_slots = wanted_slots
        self._demand: Demand = {}
        self._silence_seconds = settings.worker_silence_seconds
        self._measured: Measurement | None = None
        self._due_at = 0.0
        self._reports: int | None = None
        self._streams: Sequence[StreamState] = ()

    @contextmanager
    def reported(self) -> Generator[None]:
        """Report the gauges inside, while this process leads."""
        _LEADS.set(1)
        REGISTRY.register(self)
        try:
            yield
        finally:
            REGISTRY.unregister(self)
            _LEADS.set(0)
            self._measured = self._reports = None
            self._streams, self._demand, self._due_at = (), {}, 0.0

    async def update(self) -> None:
        """Read what autoscalers wait for, and the rest unless that took long and was not long ago."""
        self._demand = await self._wanted_slots.measure()
        began = self._clock()
        if began >= self._due_at:
            await self._read_system()
            took_seconds = self._clock() - began
            self._due_at = began + min(took_seconds / _MAX_SHARE, _MAX_AGE_SECONDS)

    async def read(self) -> None:
        self._demand = await self._wanted_slots.measure()
        await self._read_system()

    async def _read_system(self) -> None:
        async with self._database.session() as connection:
            self._measured = await measure(connection, self._silence_seconds)
        try:
            self._reports, self._streams = await self._storage.waiting_reports(), await self._storage.states()
        except BusUnavailable:  # which other tasks report
            self._reports, self._streams = None, ()

    def describe(self) -> list[Metric]:
        """Empty, so that nothing is read at registration."""
        return []

    def collect(self) -> Iterator[Metric]:
        if self._measured is not None:
            yield from _work(self._measured)
            yield from _outbox(self._measured)
            yield from _budgets(self._measured)
            yield from _models(self._measured)
        if self._demand:
            yield _wanted(self._demand)
        if self._streams:
            sizes = [((each.stream,), each.size_bytes) for each in self._streams]
            yield _gauge("assay_bus_stream_bytes", "Size of the bus's streams", ("stream",), sizes)
        if self._reports is not None:
            yield _gauge("assay_reports_waiting", "Reports of workers that are not booked", (), [((), self._reports)])


def _work(measured: Measurement) -> Iterator[Metric]:
    orders = {(stage.value, "default"): (0, 0.0) for stage in Stage}
    orders |= {(each.stage, each.pool): (each.count, each.oldest_seconds) for each in measured.orders}
    leases = {(each.stage, each.pool): each.count for each in measured.leases}
    slots = {(each.stage, each.pool): each for each in measured.slots}
    yield _gauge(
        "assay_orders", "Orders that no worker has claimed", _STAGE_POOL, [(key, n) for key, (n, _) in orders.items()]
    )
    yield _gauge(
        "assay_oldest_order_seconds",
        "Age of the oldest order that no worker has claimed",
        _STAGE_POOL,
        [(key, age) for key, (_, age) in orders.items()],
    )
    places = sorted(orders.keys() | leases.keys() | slots.keys())
    for name, text, values in (
        ("assay_slots", "Slots of live workers", {key: each.slots for key, each in slots.items()}),
        ("assay_slots_in_use", "Leases that workers hold", leases),
        ("assay_workers", "Live workers", {key: each.workers for key, each in slots.items()}),
    ):
        yield _gauge(name, text, _STAGE_POOL, [(key, values.get(key, 0)) for key in places])
    attempts = measured.attempts
    states = ("waiting", "queued", "running", "executed", "grading")
    values = [((state,), getattr(attempts, state)) for state in states]
    yield _gauge("assay_attempts", "Attempts of runs that have not ended", ("state",), values)
    yield _gauge("assay_runs", "Runs that have not ended", (), [((), attempts.runs)])


def _outbox(measured: Measurement) -> Iterator[Metric]:
    """Orders to judges are published only as judges claim them, so unpublished ones are no sign of a lag."""
    unpublished = sum(each.unpublished for each in measured.orders if each.stage == Stage.RUN)
    rows = [(("fact",), measured.facts.count), (("order",), unpublished)]
    yield _gauge("assay_outbox_rows", "Facts and orders to runners that are not on the bus yet", ("kind",), rows)
    lag = [((), measured.facts.oldest_seconds)]
    yield _gauge("assay_outbox_lag_seconds", "Age of the oldest fact that is not on the bus yet", (), lag)


def _budgets(measured: Measurement) -> Iterator[Metric]:
    for name, text, values in (
        ("limit", "A project's limit for today", [(each.project, each.limit_nanousd) for each in measured.budgets]),
        ("spent", "What a project spent today", [(each.project, each.posted_nanousd) for each in measured.budgets]),
        ("held", "What a project reserved today", [(each.project, each.held_nanousd) for each in measured.budgets]),
    ):
        usd = [((project,), nanousd / _NANOUSD) for project, nanousd in values if nanousd is not None]
        yield _gauge(f"assay_day_{name}_usd", f"{text}, in USD", ("project",), usd)


def _wanted(demand: Demand) -> Metric:
    """What autoscalers read."""
    return _gauge(
        "assay_wanted_slots",
        "Slots that could be used right now if there were unlimited workers, by what attempts require of them",
        ("pool", "stage", "sandbox"),
        [
            ((POOL, stage.value, requirement.value), of_stage.wanted.get(requirement, 0))
            for stage, of_stage in demand.items()
            for requirement in SandboxRequirement
        ],
    )


def _models(measured: Measurement) -> Iterator[Metric]:
    models = [((each.model,), 1) for each in measured.unavailable]
    yield _gauge("assay_model_unavailable", "1 for a model that runners cannot call at present", ("model",), models)


def _gauge(
    name: str, text: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family
