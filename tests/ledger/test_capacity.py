"""Room and head starts in a fleet whose workers offer different kinds of sandbox."""

from __future__ import annotations

from collections import Counter

from assay.contracts.sandboxes import SandboxRequirement as Needs
from services.ledger.scheduling.capacity import Capacity, Room, capacity_of, room
from services.ledger.scheduling.fair_share import Candidate, RunLoad, RunQueue, head_starts, share

PLAIN, DOCKER = ("bubblewrap",), ("bubblewrap", "docker")
FLEET = capacity_of([(PLAIN, 36), (DOCKER, 4)])
"""Nine runners without containers and one with."""


def queue(run_id: str, count: int, requirement: Needs, under_way: int = 0) -> RunQueue[str]:
    candidates = [Candidate(f"{run_id}-{n}", "p", requirement=requirement) for n in range(count)]
    return RunQueue(run_id=run_id, priority=5, candidates=candidates, under_way=under_way)


def released(queues: list[RunQueue[str]], room: Room) -> dict[str, int]:
    shared = share(queues, room, {}, {})
    assert not shared.blocked, "they only wait for workers"
    return dict(Counter(attempt.partition("-")[0] for attempt in shared.released))


def of_all(capacity: Capacity) -> dict[str, int]:
    return {each.value: slots for each, slots in capacity.slots.items() if slots}


def test_each_requirement_has_the_slots_of_the_workers_that_meet_it() -> None:
    assert of_all(FLEET) == {"none": 40, "any": 40, "bubblewrap": 40, "container": 4, "docker": 4}
    assert of_all(capacity_of([(("process",), 2), (None, 3)])) == {"none": 5, "any": 2, "process": 2}
    assert of_all(capacity_of([(("process", "docker"), 2)])) == {
        **dict.fromkeys(("none", "any", "container", "docker", "process"), 2)
    }
    assert capacity_of([(("docker",), 0), (("docker",), 1)]).known and not capacity_of([(None, 1)]).known


def test_attempts_that_few_workers_can_execute_leave_the_queue_to_the_others() -> None:
    many = queue("containers", 1000, Needs.CONTAINER), queue("plain", 1000, Needs.ANY)
    assert released([*many], room(FLEET, {})) == {"containers": 6, "plain": 54}
    under_way = {Needs.CONTAINER: 6}
    late = queue("containers", 1000, Needs.CONTAINER, under_way=6), queue("plain", 9, Needs.NONE)
    assert released([*late], room(FLEET, under_way)) == {"plain": 9}


def test_requirements_that_the_same_workers_meet_share_their_slots() -> None:
    half = capacity_of([(PLAIN, 20), (DOCKER, 20)])
    queues = [queue("image", 99, Needs.CONTAINER), queue("named", 99, Needs.DOCKER), queue("plain", 99, Needs.NONE)]
    given = released(queues, room(half, {}))
    assert given["image"] + given["named"] <= 30 and sum(given.values()) == 60


def test_queued_attempts_whose_workers_are_gone_take_no_room_from_others() -> None:
    assert room(capacity_of([(PLAIN, 40)]), {Needs.CONTAINER: 60}).of(Needs.ANY) == 60
    assert room(FLEET, {Needs.CONTAINER: 60}).of(Needs.ANY) == 50


def test_nothing_is_released_that_no_worker_can_execute() -> None:
    shared = share([queue("image", 5, Needs.KUBERNETES), queue("plain", 5, Needs.NONE)], room(FLEET, {}), {}, {})
    assert shared.released == [f"plain-{n}" for n in range(5)]


def test_a_late_run_overtakes_within_the_workers_that_can_execute_it() -> None:
    early = RunLoad(5, (Needs.CONTAINER,), {Needs.CONTAINER: 6})
    late = {"early": early, "late": RunLoad(5, (Needs.CONTAINER,), {})}
    assert head_starts(FLEET, {Needs.CONTAINER: 6}, 10, late) == {"late": {Needs.CONTAINER: 2}}
    plain = {"early": early, "late": RunLoad(5, (Needs.NONE,), {})}
    assert head_starts(FLEET, {Needs.CONTAINER: 6}, 10, plain) == {}, "it has free slots"
