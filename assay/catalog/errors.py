"""Errors in a catalogue, or in a request to it. All are permanent: retrying does not help.

CatalogError                a ProblemError, returned over HTTP and rpc unchanged
├── InvalidCatalog          files of the catalogue are invalid; ``mistakes`` lists every one
├── UnknownName             a name that is not in the catalogue, with a suggestion
│   ├── UnknownTask
│   ├── UnknownSuite
│   ├── UnknownModel
│   └── UnknownProvider
├── InvalidSelection        a run request with unknown names or an empty selection; lists every field
├── CannotEdit              a file that cannot be extended without changing existing content
└── UnpricedModel           a model without a known price: refused before the run, never counted as zero
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from assay.contracts.codec import Data
from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.validation.did_you_mean import closest, unknown_name, with_suggestion
from assay.validation.field_errors import field_error_text


class Mistake(Data, frozen=True, kw_only=True, order=True):
    """One mistake in a file of the catalogue. ``line`` counts from 1 and is 0 for the file or folder as a whole;
    ``where`` is a path like ``checks[0].kind``."""

    file: str
    line: int = 0
    where: str = ""
    message: str
    near: str | None = None

    @property
    def place(self) -> str:
        spot = f"{self.file}:{self.line}" if self.line else self.file
        return f"{spot}: {self.where}" if self.where else spot

    def __str__(self) -> str:
        return f"{self.place}: {with_suggestion(self.message, self.near)}"

    def field_error(self) -> FieldError:
        return FieldError(where=self.place, message=self.message, near=self.near)


class CatalogError(ProblemError):
    """Base class of all errors of the catalogue."""


class InvalidCatalog(CatalogError):
    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes), key=lambda mistake: (mistake.file, mistake.line, mistake.where)))
        lines = "\n".join(str(mistake) for mistake in self.mistakes)
        errors = tuple(mistake.field_error() for mistake in self.mistakes)
        super().__init__(
            Problem(code="invalid_catalog", title="The catalogue has mistakes", status=422, detail=lines, errors=errors)
        )


class CannotEdit(CatalogError):
    def __init__(self, reason: str) -> None:
        super().__init__(Problem(code="cannot_edit", title="The file was not changed", status=409, detail=reason))


class UnknownName(CatalogError):
    """``name`` is not in the catalogue; ``near`` is the name that was probably meant."""

    noun: ClassVar[str] = "name"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        message, self.near = unknown_name(self.noun, name, known)
        self.name = name
        error = FieldError(where=self.noun, message=message, near=self.near)
        detail = with_suggestion(message, self.near)
        title = f"Unknown {self.noun}"
        super().__init__(Problem(code=f"unknown_{self.noun}", title=title, status=404, detail=detail, errors=(error,)))


class UnknownTask(UnknownName):
    noun = "task"


class UnknownSuite(UnknownName):
    noun = "suite"


class UnknownModel(UnknownName):
    noun = "model"


class UnknownProvider(UnknownName):
    noun = "provider"


class InvalidSelection(CatalogError):
    """Every field of a run request that cannot be resolved. ``code`` is ``invalid_run`` when their codes differ."""

    def __init__(self, code: str, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(
            Problem(
                code=code,
                title="Cannot start the run",
                status=422,
                detail="; ".join(field_error_text(error) for error in errors),
                errors=self.errors,
            )
        )


class UnpricedModel(CatalogError):
    """Neither ``prices.yaml`` nor the price database has a price, or the model is not charged per token alone."""

    def __init__(self, model: str, reason: str = "its price is unknown", known: Iterable[str] = ()) -> None:
        self.model = model
        remedy = "add a price to the catalogue's prices.yaml, or set `local: true` for its provider if it is free"
        error = FieldError(
            where="model", message=f"{model}: {reason}; {remedy}", near=closest(model, set(known) - {model})
        )
        detail = with_suggestion(error.message, error.near)
        super().__init__(
            Problem(code="unpriced_model", title="The model has no price", status=422, detail=detail, errors=(error,))
        )
