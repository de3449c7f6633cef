"""Why an output cannot be judged by a model although nothing is broken. The outcome is then ``needs_review``.

NeedsReview
├── NoBudget            the judges' money limit has no room for the next question
├── OwnJudge            the model that judges is the one that made the output
├── NoReadableAnswer    the answer was not in the required form, twice
└── AnswerDeclined      the model or its provider declined to judge, or the question exceeds its context
"""

from __future__ import annotations


class NeedsReview(Exception):
    """The text is the reason, for people."""


class NoBudget(NeedsReview):
    pass


class OwnJudge(NeedsReview):
    pass


class NoReadableAnswer(NeedsReview):
    pass


class AnswerDeclined(NeedsReview):
    pass
