"""What each of GLUE's sets asks, where it is found, and by which metric it is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.contracts.tasks import Difficulty

_NOT_LABELLED = ("", "-1", "-")


@dataclass(frozen=True, kw_only=True, slots=True)
class GlueSet:
    """``folders`` and ``files`` (without endings) are its names in the published archive and on the hub. ``parts`` are
    the texts of a question: what the prompt calls them, and the columns that they may be in. ``labels`` translates
    the files' labels into those that models answer with; empty: a number. ``columns`` are those of a file without a
    header."""

    name: str
    title: str
    folders: tuple[str, ...]
    files: tuple[str, ...]
    parts: tuple[tuple[str, tuple[str, ...]], ...]
    label_columns: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    instructions: str
    metric: str
    positive: str = ""
    columns: tuple[str, ...] = ()
    id_columns: tuple[str, ...] = ("index", "idx")
    difficulty: Difficulty = Difficulty.MEDIUM

    @property
    def configuration(self) -> str:
        """Its name on the hub."""
        return next(name for name in self.folders if name.islower())

    @property
    def split(self) -> str:
        """The split with labels on the hub."""
        return next(name for name in self.files if name.startswith(("validation", "test")))

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.labels.values()))

    def label(self, text: str) -> str | None:
        """The label in a model's words; None if the row has none that is known."""
        if not self.labels:
            return None if text in _NOT_LABELLED else text
        return self.labels.get(text)


_DEV = ("dev", "validation")
_FIRST, _SECOND = ("Sentence 1", ("sentence1", "#1 String")), ("Sentence 2", ("sentence2", "#2 String"))
_PREMISE = ("Premise", ("sentence1", "premise", "Premise"))
_HYPOTHESIS = ("Hypothesis", ("sentence2", "hypothesis", "Hypothesis"))
_ENTAILMENT = {
    **{name: name for name in ("entailment", "neutral", "contradiction")},
    "0": "entailment",
    "1": "neutral",
    "2": "contradiction",
}
_NLI = (
    "Does the hypothesis follow from the premise? Answer with one word: entailment if it is true whenever the premise "
    "is, contradiction if it cannot be true then, neutral otherwise."
)


def _mnli(kind: str) -> GlueSet:
    return GlueSet(
        name=f"mnli_{kind}",
        title=f"MNLI, {kind}: does the hypothesis follow?",
        folders=("MNLI", "mnli"),
        files=(f"dev_{kind}", f"validation_{kind}"),
        parts=(_PREMISE, _HYPOTHESIS),
        label_columns=("gold_label", "label"),
        labels=_ENTAILMENT,
        instructions=_NLI,
        metric="accuracy",
    )


SETS: tuple[GlueSet, ...] = (
    GlueSet(
        name="cola",
        title="CoLA: is the sentence acceptable?",
        folders=("CoLA", "cola"),
        files=_DEV,
        columns=("source", "label", "mark", "sentence"),
        parts=(("Sentence", ("sentence",)),),
        label_columns=("label",),
        labels={"0": "unacceptable", "1": "acceptable"},
        instructions="Is this sentence acceptable English, as a careful native speaker would judge its grammar? "
        "Answer with one word: acceptable or unacceptable.",
        metric="matthews",
        positive="acceptable",
    ),
    GlueSet(
        name="sst2",
        title="SST-2: is the review positive?",
        folders=("SST-2", "sst2"),
        files=_DEV,
        parts=(("Review", ("sentence",)),),
        label_columns=("label",),
        labels={"0": "negative", "1": "positive"},
        instructions="Is the opinion in this excerpt of a review positive or negative? Answer with one word: positive "
        "or negative.",
        metric="accuracy",
        difficulty=Difficulty.EASY,
    ),
    GlueSet(
        name="mrpc",
        title="MRPC: do two sentences mean the same?",
        folders=("MRPC", "mrpc"),
        files=(*_DEV, "msr_paraphrase_test"),
        parts=(_FIRST, _SECOND),
        label_columns=("Quality", "label"),
        labels={"0": "different", "1": "equivalent"},
        instructions="Do the two sentences say the same? Answer with one word: equivalent or different.",
        metric="f1",
        positive="equivalent",
    ),
    GlueSet(
        name="qqp",
        title="QQP: are two questions duplicates?",
        folders=("QQP", "qqp"),
        files=_DEV,
        parts=(("Question 1", ("question1",)), ("Question 2", ("question2",))),
        label_columns=("is_duplicate", "label"),
        labels={"0": "different", "1": "duplicate"},
        id_columns=("id", "idx"),
        instructions="Do the two questions ask for the same, so that an answer to one also answers the other? Answer "
        "with one word: duplicate or different.",
        metric="f1",
        positive="duplicate",
    ),
    GlueSet(
        name="stsb",
        title="STS-B: how similar are two sentences?",
        folders=("STS-B", "stsb"),
        files=_DEV,
        parts=(_FIRST, _SECOND),
        label_columns=("score", "label"),
        instructions="How similar are the two sentences in meaning, from 0 (nothing in common) to 5 (the same)? Answer "
        "with a number alone, such as 3.5.",
        metric="pearson",
    ),
    _mnli("matched"),
    _mnli("mismatched"),
    GlueSet(
        name="qnli",
        title="QNLI: does the sentence answer the question?",
        folders=("QNLI", "qnli"),
        files=_DEV,
        parts=(("Question", ("question",)), ("Sentence", ("sentence",))),
        label_columns=("label",),
        labels={"entailment": "yes", "not_entailment": "no", "0": "yes", "1": "no"},
        instructions="Does the sentence contain the answer to the question? Answer with one word: yes or no.",
        metric="accuracy",
    ),
    GlueSet(
        name="rte",
        title="RTE: does the second sentence follow?",
        folders=("RTE", "rte"),
        files=_DEV,
        parts=(_FIRST, _SECOND),
        label_columns=("label",),
        labels={"entailment": "yes", "not_entailment": "no", "0": "yes", "1": "no"},
        instructions="Does sentence 2 follow from sentence 1? Answer with one word: yes or no.",
        metric="accuracy",
    ),
    GlueSet(
        name="wnli",
        title="WNLI: what does the pronoun refer to?",
        folders=("WNLI", "wnli"),
        files=_DEV,
        parts=(_FIRST, _SECOND),
        label_columns=("label",),
        labels={"0": "no", "1": "yes"},
        instructions="Sentence 2 replaces a pronoun of sentence 1 by what it may refer to. Is sentence 2 true if "
        "sentence 1 is? Answer with one word: yes or no.",
        metric="accuracy",
        difficulty=Difficulty.HARD,
    ),
    GlueSet(
        name="ax",
        title="GLUE diagnostics: does the hypothesis follow?",
        folders=("AX", "ax", "diagnostic", "diagnostics"),
        files=("diagnostic-full", "test"),
        parts=(_PREMISE, _HYPOTHESIS),
        label_columns=("Label", "label"),
        labels=_ENTAILMENT,
        instructions=_NLI,
        metric="matthews",
        difficulty=Difficulty.HARD,
    ),
)
"""In the order in which GLUE lists them."""
