"""What an importer returns: tasks as files in memory, what it left out, and what it guessed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from assay.contracts.tasks import Difficulty
from assay.files import Files

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedTask:
    """``files`` is the whole task folder by relative path; ``source`` is where in the benchmark it comes from."""

    task_id: str
    files: Files
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """``what`` is a place such as ``line 7``; ``why`` is the same text for all that are left out for one reason."""

    what: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportPlan:
    """``title`` is the benchmark's, for a suite of its tasks. ``notes`` are the guesses made."""

    title: str
    tasks: tuple[ImportedTask, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskOptions:
    """What the user sets for any format; empty: the format's own. ``limit`` takes a random subset of that many, always
    the same for one ``seed``; 0: all."""

    prefix: str = ""
    category: str = ""
    difficulty: Difficulty | None = None
    limit: int = 0
    seed: int = 0


def subset(items: Sequence[T], limit: int, seed: int) -> list[T]:
    """``limit`` random items in their order; all if there are no more."""
    if not limit or len(items) <= limit:
        return list(items)
    chosen = sorted(random.Random(seed).sample(range(len(items)), limit))
    return [items[index] for index in chosen]


def subset_note(total: int, options: TaskOptions, noun: str) -> tuple[str, ...]:
    if not options.limit or total <= options.limit:
        return ()
    return (f"{options.limit} of {total} {noun}, chosen at random with seed {options.seed}",)
