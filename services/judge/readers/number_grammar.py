"""How people write numbers: separators, signs, currency, exponents, fractions, percent signs and scale words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, DecimalException, localcontext

from assay.contracts.checks import NumberUnit
from services.judge.readers.latex import NO_BREAK_SPACE, to_plain_text

MAX_DIGITS = 400
"""Longer integers exceed a float."""
_COMMA_LANGUAGES = """af az be bg bs ca cs da de el es et eu fi fr gl hr hu hy id is it ka kk lt lv mk nb nl nn no pl pt
    ro ru sk sl sq sr sv tr uk uz vi"""
_DECIMAL_COMMA = frozenset(_COMMA_LANGUAGES.split())
"""Languages that write 1.234,5."""
_DECIMAL_POINT = frozenset({"de-ch", "de-li", "es-mx", "es-us", "es-pr", "es-gt", "es-hn", "es-pa", "es-sv", "es-do"})
"""Countries that write 1,234.5 although others with their language do not."""

_TRANSLATION = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2013\u2012\ufe63\uff0d", "-"),
        **dict.fromkeys("\u202f\u2009\u2007\u2008\u200a", NO_BREAK_SPACE),
        "\u2044": "/",
        "\u2019": "'",
        "·": "×",
        "∙": "×",
    }
)
_SUPERSCRIPT_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SUPERSCRIPT = re.compile(r"(?<=\d)[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}")
_MINUS = re.compile(r"(?:(?<=\bis )|(?<=[:=(] )|(?<=[:=(])|^)minus (?=\d)", re.IGNORECASE | re.MULTILINE)
_ROOT = re.compile(r"(?:√|sqrt)\s?[({]?\Z")
_VULGAR_FRACTION = re.compile(r"[¼½¾⅐-⅞]")
_SCALES = {
    "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "k": 3, "m": 6, "bn": 9, "b": 9, "tn": 12,
}  # fmt: skip

_DIGITS = r"\d(?:\d|[.,'_\u00a0](?=\d))*+"
_PLACE = re.compile(
    rf"""
    (?<![\w^]) (?<!\w\.) (?<!\d[,:/]) (?<![^\W\d]-)
    (?P<open>\()?
    (?P<sign>[-+])? (?:(?P<currency>(?:US|AU|CA|NZ|HK|A|C|R)?[$€£¥₹₩₽₺])[ ]?)? (?P<late_sign>[-+])?
    (?: (?P<date>\d{{4}}-\d{{2}}-\d{{2}}) (?!\w)
      | 0x(?P<hex>[0-9a-f]{{1,40}}) (?!\w)
      | (?P<digits>{_DIGITS}|\.\d++)
        (?: e(?P<e>[-+]?\d{{1,4}})(?!\w) | [ \u00a0]?[×x*][ \u00a0]?10[ ]?\^[ ]?[{{(]?(?P<power>[-+]?\d{{1,4}})[)}}]? )?
        (?: \^[{{(]?(?P<raised>-?\d{{1,3}})[)}}]? )?
        (?: [ \u00a0]?/[ \u00a0]?(?P<divisor>\d{{1,15}})(?![\d/]|[.,]\d)
          | [ \u00a0](?P<numerator>\d{{1,6}})/(?P<denominator>\d{{1,6}})(?![\d/]) )?
    )
    (?P<joined>[:/]\d)?
    (?: [ \u00a0]?(?:±|\+/-)[ \u00a0]?{_DIGITS} )?
    (?: [ \u00a0]?(?P<percent>%|(?:percent|per\ cent|pct|prozent|pour\ cent|por\ ciento|por\ cento|per\ cento)\b)
      | [ \u00a0]?(?P<scale>(?:thousand|million|billion|trillion|k|m|bn|b|tn)\b) )?
    (?P<close>\))?
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""``date`` and ``joined``: dates and clock times, which are not numbers. An uncertainty (``± 0.1``) is skipped."""


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number in a text, at ``start`` to ``end``. ``value`` is None if it looks like a number but cannot be read."""

    value: float | None
    text: str
    start: int
    end: int


def prepare(text: str) -> str:
    """The text with one spelling for signs, spaces, superscripts, fractions and LaTeX. Offsets change."""
    text = to_plain_text(text)
    text = _SUPERSCRIPT.sub(lambda match: "^" + match.group().translate(_SUPERSCRIPT_DIGITS), text)
    text = _VULGAR_FRACTION.sub(lambda match: " " + unicodedata.normalize("NFKC", match.group()), text)
    return _MINUS.sub("-", text.translate(_TRANSLATION))


def find_numbers(text: str, locale: str = "en", unit: NumberUnit = NumberUnit.NUMBER) -> Iterator[FoundNumber]:
    """The numbers in a prepared text, from left to right. ``locale`` decides what 1.234 and 1,234 mean."""
    decimal_comma = has_decimal_comma(locale)
    for match in _PLACE.finditer(text):
        yield FoundNumber(_to_float(_value(match, decimal_comma, unit)), match.group().strip(), *match.span())


def has_decimal_comma(locale: str) -> bool:
    tag = locale.lower().replace("_", "-")
    return tag.partition("-")[0] in _DECIMAL_COMMA and tag not in _DECIMAL_POINT


def _value(match: re.Match[str], decimal_comma: bool, unit: NumberUnit) -> Decimal | None:
    if match["joined"] or match["date"] or _ROOT.search(match.string, max(0, match.start() - 8), match.start()):
        return None
    if match["hex"]:
        return _signed(match, Decimal(int(match["hex"], 16)), unit)
    value = _digits(match["digits"], decimal_comma)
    if value is None:
        return None
    try:
        with localcontext() as context:
            context.prec = 60
            return _signed(match, _scaled(match, _combined(match, value), unit), unit)
    except DecimalException:
        return None


def _combined(match: re.Match[str], value: Decimal) -> Decimal:
    """With exponent and fraction."""
    if match["raised"]:
        value = value ** int(match["raised"])
    if exponent := match["e"] or match["power"]:
        value = value.scaleb(int(exponent))
    if match["divisor"]:
        return value / Decimal(match["divisor"])
    return value + Decimal(match["numerator"]) / Decimal(match["denominator"]) if match["numerator"] else value


def _scaled(match: re.Match[str], value: Decimal, unit: NumberUnit) -> Decimal:
    """Abbreviations such as ``5k`` and ``5M`` are scales only of money; elsewhere they can be units."""
    scale = match["scale"]
    if scale and (len(scale) > 2 or match["currency"] or unit is NumberUnit.MONEY):
        value = value.scaleb(_SCALES[scale.lower()])
    if match["percent"]:
        return value / 100 if unit is NumberUnit.FRACTION else value
    return value * 100 if match["divisor"] and unit is NumberUnit.PERCENT else value


def _signed(match: re.Match[str], value: Decimal, unit: NumberUnit) -> Decimal:
    """Accountants write negative amounts of money in parentheses."""
    negative = "-" in ((match["sign"] or "") + (match["late_sign"] or ""))
    in_parentheses = bool(match["open"] and match["close"])
    owed = in_parentheses and (bool(match["currency"]) or unit is NumberUnit.MONEY)
    return -value if negative or owed else value


def _digits(run: str, decimal_comma: bool) -> Decimal | None:
    """A run of digits and separators as a number; None if it cannot be read in only one way."""
    if len(run) > MAX_DIGITS:
        return None
    for separator in (NO_BREAK_SPACE, "'", "_"):
        if separator in run:
            if not _grouped(run.replace(",", ".").split(".")[0], separator):
                return None
            run = run.replace(separator, "")
    point, thousands = _separators(run, decimal_comma)
    whole, _, fraction = run.partition(point) if point else (run, "", "")
    if thousands and thousands in whole and not _grouped(whole, thousands):
        return None
    whole = whole.replace(thousands, "") if thousands else whole
    if not (whole + fraction).isdecimal():
        return None
    return Decimal(f"{whole or '0'}.{fraction or '0'}")


def _separators(run: str, decimal_comma: bool) -> tuple[str, str]:
    """The decimal mark and the thousands separator of this run; empty if it has none."""
    commas, points = run.count(","), run.count(".")
    if commas and points:
        return (",", ".") if run.rfind(",") > run.rfind(".") else (".", ",")
    if not commas and not points:
        return "", ""
    mark = "," if commas else "."
    if commas + points > 1:
        return "", mark
    is_decimal = decimal_comma == (mark == ",") or (decimal_comma and not _grouped(run, mark))
    return (mark, "") if is_decimal else ("", mark)


def _grouped(whole: str, separator: str) -> bool:
    """Groups of three digits, or as in India of two before the last three (12,34,567)."""
    first, *others = whole.split(separator)
    if not others or not 1 <= len(first) <= 3 or (first.startswith("0") and separator in ",."):
        return False
    thousands = all(len(group) == 3 for group in others)
    lakhs = len(first) <= 2 and len(others[-1]) == 3 and all(len(group) == 2 for group in others[:-1])
    return thousands or lakhs


def _to_float(value: Decimal | None) -> float | None:
    if value is None or value.adjusted() > 308:
        return None
    return float(value)
