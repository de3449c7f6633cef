from collections.abc import Callable
from math import inf

FINAL = ("succeeded", "failed", "skipped", "cancelled")


class WorkflowError(ValueError):
    """The tasks are no workflow. Has the attribute `names`."""

    def __init__(self, message: str, names: list[str] = ()):
        super().__init__(message)
        self.names = list(names)


class Task:
    def __init__(self, name, needs=(), priority=0, slots=1, retries=0, delay=1, timeout=None, always=False):
        self.name, self.needs, self.priority, self.slots = name, list(needs), priority, slots
        self.retries, self.delay, self.timeout, self.always = retries, delay, timeout, always
        self.state = "waiting"
        self.attempt = 0
        self.due = inf  # when a running attempt times out, or a delay ends
        self.dependents = []  # direct or not

    @property
    def is_final(self):
        return self.state in FINAL

    @property
    def urgency(self):
        return max([self.priority, *(each.priority for each in self.dependents if not each.is_final)])

    def become(self, state, due=inf):
        self.state, self.due = state, due

    def finish(self, ok, now):
        """Ends the running attempt."""
        if ok:
            self.become("succeeded")
        elif self.attempt > self.retries:
            self.become("failed")
        else:
            self.become("delayed", now + self.delay * 2 ** (self.attempt - 1))


def in_order(tasks):
    """The tasks, each after its needs."""
    ordered, left = {}, dict(tasks)
    while ready := [task for task in left.values() if all(need in ordered for need in task.needs)]:
        for task in ready:
            ordered[task.name] = left.pop(task.name)
    if left:
        raise WorkflowError("the needs form a cycle", left)
    return list(ordered.values())


class Workflow:
    def __init__(self, tasks: list[dict], slots: int, start: Callable[[str, int], bool | None]):
        self._start, self._slots, self._now = start, slots, -inf
        made = [Task(**task) for task in tasks]
        self._tasks = {task.name: task for task in made}
        if len(self._tasks) < len(made):
            raise WorkflowError("two tasks have the same name")
        for task in made:
            if not 1 <= task.slots <= slots:
                raise WorkflowError(f"{task.name} needs {task.slots} slots")
            if not all(need in self._tasks for need in task.needs):
                raise WorkflowError(f"{task.name} has an unknown need")
        self._ordered = in_order(self._tasks)
        for task in reversed(self._ordered):
            for need in map(self._tasks.get, task.needs):
                need.dependents += [each for each in (task, *task.dependents) if each not in need.dependents]

    def advance(self, now: float) -> None:
        self._pass_time(now)
        self._work()

    def report(self, name: str, attempt: int, ok: bool, now: float) -> bool:
        self._pass_time(now)
        task = self._tasks.get(name)
        is_running = task is not None and task.state == "running" and task.attempt == attempt
        if is_running:
            task.finish(ok, now)
        self._work()
        return is_running

    def cancel(self, name: str, now: float) -> bool:
        self._pass_time(now)
        task = self._tasks.get(name)
        can_be_cancelled = task is not None and not task.is_final
        if can_be_cancelled:
            task.become("cancelled")
        self._work()
        return can_be_cancelled

    def states(self) -> dict[str, str]:
        return {name: task.state for name, task in self._tasks.items()}

    def next_time(self) -> float | None:
        due = min((task.due for task in self._ordered), default=inf)
        return None if due == inf else due

    def _pass_time(self, now):
        if now < self._now:
            raise ValueError("time goes back")
        self._now = now

    def _work(self):
        for task in self._ordered:
            if task.state == "running" and task.due <= self._now:
                task.finish(False, self._now)
        self._settle()
        while (task := self._next()) is not None:
            self._begin(task)
            self._settle()

    def _settle(self):
        for task in self._ordered:
            if task.state == "delayed" and task.due <= self._now:
                task.become("ready")
            elif task.state == "waiting":
                needs = [self._tasks[need] for need in task.needs]
                if not task.always and any(need.is_final and need.state != "succeeded" for need in needs):
                    task.become("skipped")
                elif all(need.is_final for need in needs):
                    task.become("ready")

    def _next(self):
        """The task to start now, if any."""
        ready = [task for task in self._tasks.values() if task.state == "ready"]
        task = max(ready, key=lambda each: each.urgency, default=None)  # the first of equal ones
        used = sum(each.slots for each in self._ordered if each.state == "running")
        return task if task is not None and used + task.slots <= self._slots else None

    def _begin(self, task):
        task.attempt += 1
        task.become("running", inf if task.timeout is None else self._now + task.timeout)
        try:
            result = self._start(task.name, task.attempt)
        except Exception:
            result = False
        if result is not None:
            task.finish(result, self._now)
