"""A sample of Inspect as a result that is not scored yet: which score counts is known when all samples are read."""

from __future__ import annotations

from dataclasses import dataclass

from assay.catalog.importers.results.inspect.attachments import resolve
from assay.catalog.importers.results.inspect.format import Sample
from assay.catalog.importers.results.inspect.messages import conversation, input_text, target_text
from assay.catalog.importers.results.parts import shortened
from assay.contracts.imported_runs import ImportedResult
from assay.contracts.verdicts import Outcome


@dataclass(frozen=True, slots=True)
class Draft:
    """``sample`` is without its conversation, which is in ``result``; a log can be larger than the memory."""

    sample: Sample
    result: ImportedResult
    question: str
    target: str
    shortened: bool


def draft_of(sample: Sample) -> Draft:
    """Empties the sample."""
    resolve(sample)
    talk = conversation(sample)
    whole = ImportedResult(
        task_id="",
        sample_id="",
        model="",
        outcome=Outcome.INFRA_ERROR,
        prompt=talk.prompt,
        response=talk.response,
        steps=talk.steps,
    )
    result = shortened(whole)
    draft = Draft(sample, result, input_text(sample, talk.prompt), target_text(sample), result is not whole)
    sample.input, sample.target, sample.choices, sample.messages, sample.output = "", "", None, [], None
    return draft
