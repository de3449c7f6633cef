"""Finds the option that an answer chooses.

Mentioning an option does not choose it. Each place where an option occurs is classified by the words around it
(``Strength``). The strongest kind decides; after a correction, only what follows it counts. Several different options
of the deciding kind are no choice.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

from services.judge.readers import choice_language as language
from services.judge.readers.choice_options import Options, find_options
from services.judge.readers.latex import boxed, to_plain_text
from services.judge.readers.quote import quote

_BEFORE_CHARACTERS, _AFTER_CHARACTERS = 160, 80
_MAX_FIRST, _MAX_LAST = 200, 2_000
"""Occurrences that are classified, from the beginning and from the end of the text."""
_DECORATION = re.compile(
    r"</?(?:b|strong|i|em|u|p|br|code|mark|span|div|h[1-6])\s?/?>"
    r"|\*{1,3}|`{1,3}|~~|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|\$|^[ ]{0,3}(?:#{1,6}|>)[ ]?",
    re.MULTILINE,
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LINE_START = re.compile(
    rf"[\s\"'“‘«(\[{{<-]{{0,6}}(?:(?:{'|'.join(language.PREFIXES)})[\s:-]{{1,3}})?[\"'“‘«(\[{{]{{0,2}}", re.IGNORECASE
)
_BARE_END = re.compile(r"[\s\"'”’»)\]}>.,;:!。，、；：！]*")


class Strength(IntEnum):
    DISCUSSED = 0
    """Negated, asked, conditional, hedged or attributed to others: ``the answer is not B``, ``B is wrong``."""
    MENTIONED = 1
    """Any other place. Single letters and words such as "no" never count there."""
    LEADING = 2
    """The answer begins or ends with the option: ``B: Paris``, ``(b) because``."""
    STATED = 3
    """``the answer is B``, ``B is correct``, ``I choose B``."""
    FINAL = 4
    """``so the answer is B``, a box, a bare option on the last line, or a correction: ``no, C``."""


@dataclass(frozen=True, slots=True)
class Mention:
    """An option at ``start`` in the text. ``corrects``: it takes back what was chosen before."""

    option: str
    start: int
    strength: Strength
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceReading:
    """``option`` is None if the answer chooses none; ``problem`` then says what was seen."""

    option: str | None
    problem: str = ""


def read_choice(answer: str, options: tuple[str, ...]) -> ChoiceReading:
    chosen = _decide(_mentions(_plain_text(answer), find_options(options)))
    if len(chosen) == 1:
        return ChoiceReading(chosen[0])
    if chosen:
        several = f"{', '.join(chosen[:-1])} and {chosen[-1]}"
        return ChoiceReading(None, f"no choice found: the answer chooses {several} in {quote(answer)}")
    return ChoiceReading(None, f"no choice found in {quote(answer)}" if answer.strip() else "the answer is empty")


def _decide(mentions: Sequence[Mention]) -> list[str]:
    """The different options of the strongest kind, in order."""
    corrections = [number for number, mention in enumerate(mentions) if mention.corrects]
    counting = mentions[corrections[-1] :] if corrections else mentions
    strongest = max((mention.strength for mention in counting), default=Strength.DISCUSSED)
    if strongest is Strength.DISCUSSED:
        return []
    return list(dict.fromkeys(mention.option for mention in counting if mention.strength is strongest))


def _plain_text(answer: str) -> str:
    """Without decoration. A box reads like the line ``final answer: ...``."""
    for start, end, content in reversed(boxed(answer)):
        answer = f"{answer[:start]}\nfinal answer: {content}\n{answer[end:]}"
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", to_plain_text(answer)))
    return _DECORATION.sub("", text.replace("\u2019", "'")).strip()


def _mentions(text: str, options: Options) -> list[Mention]:
    found = list(options.pattern.finditer(text))
    if len(found) > _MAX_FIRST + _MAX_LAST:
        found = found[:_MAX_FIRST] + found[-_MAX_LAST:]
    refused = language.REFUSAL.search(text) is not None
    listed = _listed(text, found, options)
    occurrences = [_Occurrence(text, match, options) for match in found]
    lines_list_options = len({each.option for each in occurrences if each.fills_line}) > 1
    mentions: list[Mention] = []
    chosen_until: int | None = None
    for occurrence in occurrences:
        strength = _strength(occurrence, lines_list_options)
        if occurrence.start in listed or (refused and strength is Strength.MENTIONED):
            strength = Strength.DISCUSSED
        corrects = _corrects(occurrence, strength, chosen_until)
        strength = Strength.FINAL if corrects else strength
        mentions.append(Mention(occurrence.option, occurrence.start, strength, corrects))
        if strength >= Strength.LEADING:
            chosen_until = occurrence.end
    return _without_list_items(mentions)


class _Occurrence:
    """An option in the text, with the sentence around it."""

    def __init__(self, text: str, match: re.Match[str], options: Options) -> None:
        self.text = text
        self.start, self.end = match.span()
        self.option = options.named(match.group())
        self.weak = self.option in options.weak
        before = text[max(0, self.start - _BEFORE_CHARACTERS) : self.start]
        self.line_before = before.rpartition("\n")[2]
        sentence = language.SENTENCE_END.split(before)[-1]
        self.sentence_before = sentence if sentence.strip(" \"'([{") else _after_heading(before, sentence)
        self.after = text[self.end : self.end + _AFTER_CHARACTERS]
        self.terminated = language.TERMINATED.match(self.after) is not None

    @property
    def begins_line(self) -> bool:
        return _LINE_START.fullmatch(self.line_before) is not None

    @property
    def fills_line(self) -> bool:
        return self.begins_line and _BARE_END.fullmatch(self.after.partition("\n")[0]) is not None

    @property
    def fills_sentence(self) -> bool:
        """The sentence, or its last clause, is the option alone, or with words such as "definitely"."""
        end = re.match(r"[\"'”’»)\]}]{0,3}(?:[.!。！]|\s*\Z|\n)", self.after)
        clause = language.CLAUSE_START.split(self.sentence_before)[-1]
        return end is not None and language.ONLY_FILLERS.match(clause) is not None

    @property
    def ends_text(self) -> bool:
        return _BARE_END.fullmatch(self.text, self.end) is not None

    @property
    def on_first_line(self) -> bool:
        return not self.text[max(0, self.start - _BEFORE_CHARACTERS) : self.start - len(self.line_before)].strip()

    @property
    def on_last_line(self) -> bool:
        return not self.text[self.end :].partition("\n")[2].strip()

    @property
    def asked(self) -> bool:
        """The sentence is a question, other than a question that the text then answers on the same line."""
        end = re.search(r"[.!?。！？\n]", self.after)
        return end is not None and end.group() in "?？"


def _after_heading(before: str, sentence: str) -> str:
    """With the line before if that is a heading such as ``Answer:``."""
    previous = before[: len(before) - len(sentence)].rstrip()
    line = previous.rpartition("\n")[2]
    return f"{line.rstrip(':： ')}: {sentence}" if language.HEADING.match(line) else sentence


def _strength(place: _Occurrence, lines_list_options: bool) -> Strength:
    before, after = place.sentence_before, place.after
    if _is_discussed(place):
        return Strength.DISCUSSED
    if language.STATED_AFTER.match(after):
        return Strength.FINAL if language.FINAL_BEFORE.search(before) else Strength.STATED
    if place.weak and not place.terminated:
        return Strength.DISCUSSED
    if language.STATED_BEFORE.search(before):
        return Strength.FINAL if language.FINAL_BEFORE.search(before) else Strength.STATED
    if place.fills_line and place.on_last_line and not place.on_first_line and not lines_list_options:
        return Strength.FINAL
    if place.ends_text and place.fills_sentence:
        return Strength.STATED
    if place.begins_line and (place.on_first_line or place.on_last_line):
        return Strength.LEADING
    if place.ends_text and language.LABEL.search(place.line_before):
        return Strength.LEADING
    return Strength.DISCUSSED if place.weak else Strength.MENTIONED


def _is_discussed(place: _Occurrence) -> bool:
    before = place.sentence_before
    return bool(
        language.NEGATED_BEFORE.search(before)
        or language.NEGATED_AFTER.match(place.after)
        or language.DISCUSSED_BEFORE.search(language.CLAUSE_START.split(before)[-1])
        or place.asked
    )


def _corrects(place: _Occurrence, strength: Strength, chosen_until: int | None) -> bool:
    """A correction directly before the option, or between the choice so far and a new one."""
    if chosen_until is None or (strength is Strength.DISCUSSED and _is_discussed(place)):
        return False
    if language.CORRECTION_BEFORE.search(place.sentence_before) and (place.terminated or not place.weak):
        return True
    between = place.text[max(chosen_until, place.start - _BEFORE_CHARACTERS * 4) : place.start]
    chosen = strength >= Strength.LEADING or (place.ends_text and place.terminated and between.rstrip()[-1:] in ",:—–")
    return chosen and language.CORRECTION.search(between) is not None


def _listed(text: str, found: Sequence[re.Match[str]], options: Options) -> set[int]:
    """Where options are listed, as in ``B or C``, ``A, B and D``. In ``A, B is wrong`` they are not."""
    listed: set[int] = set()
    for first, second in pairwise(found):
        if second.start() - first.end() > 24 or options.named(first.group()) == options.named(second.group()):
            continue
        between = language.LISTED.fullmatch(text, first.end(), second.start())
        if between is None:
            continue
        predicate = language.PREDICATE.match(text, second.end())
        if between["joined"] or first.start() in listed or not predicate:
            listed |= {first.start(), second.start()}
    return listed


def _without_list_items(mentions: list[Mention]) -> list[Mention]:
    """If several options begin or fill lines, the lines list the options."""
    leading = Counter(mention.option for mention in mentions if mention.strength is Strength.LEADING)
    if len(leading) < 2:
        return mentions
    return [
        replace(mention, strength=Strength.DISCUSSED) if mention.strength is Strength.LEADING else mention
        for mention in mentions
    ]
