"""The words by which people state, correct, negate or discuss a choice, in several languages.

Patterns named ``..._BEFORE`` match at the end of the text before an option, ``..._AFTER`` at the start of the text
after it. In a phrase, a space stands for any white space. All quantifiers are bounded, so that searches take linear
time.
"""

from __future__ import annotations

import re


def _any(phrases: str) -> str:
    """A pattern of the phrases, which are separated by ``|`` and can contain patterns; line breaks are ignored."""
    found = [" ".join(phrase.split()) for phrase in phrases.split("|")]
    return "(?:" + "|".join(phrase.replace(" ", r"\s{1,3}") for phrase in found) + ")"


def _word(phrases: str) -> str:
    """The phrases as whole words."""
    return rf"(?<!\w){_any(phrases)}(?!\w)"


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE | re.IGNORECASE)


_ORDINARY = """yes no not none all both neither either any some other others true false it is in on at by to of or and
    us we he she they i you can may will do does go now one two ja nein oui non si sí não hi ok"""
ORDINARY_WORDS = frozenset(_ORDINARY.split())
"""Options that are also ordinary words: like single letters, they count only where they are clearly chosen."""
PREFIXES = ("option", "choice", "answer", "letter", "antwort", "réponse", "respuesta", "opción", "opção", "opzione")
"""Words that can be joined to an option: ``Option-B``."""

_ANSWER = _any(
    r"""answers?|ans\.?|key|solution|my choice|my pick|my selection|verdict|response|conclusion
    |classification|label|category|class
    |rating|score|antwort|lösung|réponse|reponse|respuesta|solución|resposta|solução|risposta|soluzione|antwoord
    |svar|svaret|odpowiedź|odpověď|cevap|yanıt|ответ|відповідь"""
)
_OPTION = _any(
    """option|choice|statement|letter|pick|selection|team|number|alternative?|auswahl|wahl|choix|opción|opcion|opção
    |opzione|scelta|keuze|optie|вариант"""
)
_ASIAN_ANSWER = (
    "(?:答案|答え|答|正解|回答|选项|選項|选择|選擇|选|選|정답|답)(?:应该是|應該是|就是|是|为|為|は|が|은|는)?[:：]?"
)
_IS = _any(
    """is|are|was|would be|should be|must be|has to be|will be|to be|to|ist|lautet|wäre|est|es|sería|é|seria|è|är|er
    |это"""
)
_LINK = rf"(?:[:：=→—–]|->|['’]s(?=\s)|(?<!\w){_IS}(?!\w))"
_FILLER = _any(
    """without a doubt|without doubt|of course|in fact|in my opinion|i believe|i think|certainly|surely|obviously
    |clearly|definitely|therefore|probably|most likely|likely|thus|indeed|then|simply|just|option|choice|letter|answer
    |number|statement|team|the|an?|la|le|el|il|der|die|das|opción|opção|opzione"""
)
_NEGATOR = _any("and|or|not|no|non|nicht|não|as|wrong|incorrect|false")
_OPENING = r"[\s\"'“‘«(\[{<:：=→>-]{0,6}"
_CLOSING = r"[\"'”’»)\]}.:]{0,3}"
_UP_TO_OPTION = rf"[\s,]{{0,3}} (?:(?<!\w){_FILLER}(?!\w)[\s:,-]{{0,3}}){{0,3}} {_OPENING}\Z"
_OTHER_WORDS = rf"(?:,?\s{{1,3}}(?!{_NEGATOR}\b)\w{{1,20}}){{0,5}}?,?"

_I = _any("i|we|i am|we are|i'd|i'll|i'm|let's|let me")
_CHOOSE = _any(
    r"""choose|pick|select|go with|going with|go for|going for|went with|choosing|picking|selecting|opt for
    |settle on|vote for|prefer|favou?r|answer|say|conclude
    |chose|picked|selected|believe it's|think it's|think it is|think|believe|guess"""
)
_MODALS = _any("would|will|must|therefore|have to")
_IT_IS = _any(
    "it is|it's|it must be|it has to be|it should be|it would be|this is|this must be|that is|that's|that must be"
)
_IT_IS_ABROAD = _any("es ist|c'est|het is|es|é|è|ich wähle|ich nehme|je choisis|elijo|escolho|scelgo|выбираю")
_ROUTED = "goes|go|route|routed|send|assign|assigned|belongs|falls|handled|forward|classify|classified|label|labell?ed"
STATED_BEFORE = _compile(
    rf"""(?:
      (?<!\w){_ANSWER}(?!\w) (?:{_OTHER_WORDS} \s{{0,3}} {_LINK})?
    | (?<!\w){_OPTION} {_OTHER_WORDS} ["'”’]{{0,1}}\s{{0,3}} {_LINK}
    | {_word("correct|right|best|richtige?|bonne|correcta|correta")} (?:\s{{1,3}}(?:one|{_OPTION}))? \s{{0,3}} {_LINK}
    | {_ASIAN_ANSWER}
    | (?<!\w){_I}\s{{1,3}}(?:{_MODALS}\s{{1,3}})?{_CHOOSE}
    | \A\W{{0,4}}{_CHOOSE}
    | (?:[✓✔✅☑👉∴⇒⟹➡→]️?|[=-]>)\s{{0,2}}
    | (?<!\w){_IT_IS}
    | (?<!\w){_IT_IS_ABROAD}
    | {_word("not|nicht|no|pas")}\s.{{1,30}}?\s{_any("but|but rather|sondern|sino|mais")}
    | {_word(_ROUTED)} (?:\s(?:it|this|them|that))? \s (?:to|by|under|as)
    | 而是
    | {_word("so|therefore|thus|hence|leaves|leaving|daher|donc")} | 所以|因此
    ) {_UP_TO_OPTION}"""
)
FINAL_BEFORE = _compile(
    _word(
        """final|finally|conclusion|conclude|therefore|thus|hence|so|overall|in summary|endgültig|daher|donc|finalement
        |por lo tanto|portanto|quindi|итак"""
    )
    + "|所以|因此|最终|最終"
)
"""Anywhere in the sentence before the option."""
_RIGHT = _any(
    r"""correct|right|better|best|answer|final|true|one|(?:more|most) (?:likely|plausible|probable|appropriate
    |accurate|suitable)
    |richtig|korrekt|antwort|correcte?|bonne|correct[ao]|respuesta|corretta
    |risposta|rätt|juist|верн\w{0,5}|правильн\w{0,5}"""
)
_SEEMS = _any("(?:seems|looks|appears|sounds)(?: to be)?")
_ARTICLES = _any("the|my|clearly|definitely|only|most|best|indeed|thus|therefore|a|la|le|el|il|o|die|der|das")
STATED_AFTER = _compile(
    rf"""{_CLOSING} \s{{0,3}} [-–—]?\s{{0,2}} (?:
      (?<!\w)(?:{_IS}|{_SEEMS})(?!\w) (?:\s{{1,3}}{_ARTICLES}){{0,3}} \s{{1,3}}{_RIGHT}\b
    | {_word("fits?|matches|works|remains|holds|makes (?:the most )?sense")} (?:\s{{1,3}}(?:the\s)?best)?
      \s{{0,2}}(?:[.!,;:]|\Z|\n)
    | {_word("it is|is what i would choose|is what i'd choose|is my choice|is my pick")}
    | (?:是|が)?(?:正确|正確|正解|对的|對的)
    | [✓✔✅☑] | \((?:correct|right)\) | \s?(?:correct|right)\s{{0,2}}(?:[.!,;]|\Z|\n)
    )"""
)

_RATHER_IT_IS = _any("it's|it is|it should be|it must be|that's|that is|i mean|make that|should be|rather")
CORRECTION_BEFORE = _compile(
    rf"""(?:
      (?<!\w)(?:no|nope|nein|doch|non|wait|sorry|hmm|correction|不对|不|いや)\s{{0,2}}[,.:;!…，。！—–-]{{1,3}}
    | {_word("actually|rather|scratch that|i mean|i meant|make that|on second thought")}
    ) [\s,.:;!…—–-]{{0,6}} (?:{_RATHER_IT_IS}\s{{1,3}})? {_UP_TO_OPTION}"""
)
"""Directly before the option: "no, C"."""
CORRECTION = _compile(
    _word(
        r"""wait|actually|correction|scratch that|on second thought|reconsider\w{0,4}|re-?evaluat\w{0,4}|i was wrong
        |my mistake|made an? (?:mistake|error)|sorry|chang\w{1,3} my (?:mind|answer)|moment"""
    )
    + r"|(?<!\w)(?:no|nein|non)[,.!—–-]|不对|更正|訂正"
)
"""Between an earlier choice and the option."""

_NOT = _word(
    """not|never|neither|nor|without|except|unlike|nicht|keine?|weder|noch|pas|ni|nunca|jamais|inte|ikke|не|no es|no son
    |non è|não é"""
)
_EXCLUDED = _word(
    r"""rather than|instead of|other than|rules? out|ruled out|ruling out|eliminat\w{1,5}|exclud\w{1,4}|reject\w{0,4}
    |discard\w{0,4}|dismiss\w{0,4}"""
)
_NEGATED_VERB = _any("be|simply|just|really|necessarily|choose|choosing|say|pick|select|an?|the|about|it's|it is|is")
NEGATED_BEFORE = _compile(
    rf"""(?: {_NOT} | n't | {_EXCLUDED} | 不是|并非|並非|不选|不選|排除 )
    (?:\s{{1,3}}(?:{_NEGATED_VERB}|{_OPTION}|{_ANSWER})){{0,3}} {_OPENING}\Z"""
)
_ADVERB = _any("clearly|also|definitely|probably|therefore|simply|obviously|partly|to be|be|just")
_WRONG = _any(
    r"""wrong|incorrect(?!\s{1,3}(?:answer|option|choice|one)s?\b)|false|impossible|invalid|unlikely
    |ruled out|out|eliminated|excluded|falsch|faux
    |fausse|incorrect[aeo]|errad[ao]|sbagliat[ao]|fout|fel|неверн\w{0,5}"""
)
NEGATED_AFTER = _compile(
    rf"""{_CLOSING} \s{{0,3}} [-–—]?\s{{0,2}} (?:
      (?:(?:{_IS}|seems|looks|can|could|does|do|did)(?!\w)\s{{0,3}}(?:{_ADVERB}\s{{0,3}})?)? {_WRONG}(?!\w)
    | (?<!\.)(?<!\.\s) (?:{_IS}\s{{0,3}}(?:{_ADVERB}\s{{0,3}})?)? {_any("not|n't|nicht")}(?!\w)
    | {_any("would|might|could|may")}\s(?:be|have\sbeen)(?:\s\w{{1,12}}){{0,3}}\s(?:if|were|had|unless)\b
    | {_any("isn't|aren't|wasn't|can't|cannot|doesn't|won't|wouldn't|couldn't")}\b
    | 是?(?:错|錯|不对|不對|不正确|不正確) | 不是 | [✗✘❌☒]
    | \((?:wrong|incorrect|false)\) )"""
)
_SAY = _any("says?|said|thinks?|argue|claim|believe|choose|pick|expect")
DISCUSSED_BEFORE = _compile(
    _word(
        rf"""i doubt|doubtful|unlikely|(?:don't|do not|can't|cannot) (?:think|believe|say)|otherwise
        |if|whether|suppose|supposing|assum\w{{1,4}}|unless|maybe|perhaps|might|may|could|possibly|either|between
        |such as|for example|e\.g|from among|among|options are|choices are|choose from|wenn|falls|ob|vielleicht|könnte
        |si|peut-être|pourrait|quizás|quizá|podría|talvez|poderia|forse|potrebbe
        |(?:some|many|most|others|people|they|you|he|she|someone)(?: people)?(?: may| might| could| would)? {_SAY}"""
    )
    + "|如果|可能|也许|或许|"
    + rf"""(?<!\w)(?:consider|compar|look|check|examin|discuss)\w{{0,4}}(?:\sat)?\s{{1,3}}(?:the\s|an?\s)?
        (?:{_OPTION})?{_OPENING}\Z"""
)
"""Anywhere in the clause before the option, or directly before it."""
REFUSAL = _compile(
    _word(
        """cannot|can't|can not|could not|couldn't|unable to|won't|will not|not able to|decline to|refuse to|don't know
        |do not know|not sure|unsure|unclear|impossible to|kann ich nicht|kann das nicht|kann die frage nicht|weiß nicht
        |ne peux pas|ne sais pas|no puedo|no sé|não posso|não sei|non posso|non so"""
    )
    + "|无法|不能|抱歉"
)
"""Anywhere in the answer: a bare mention is then no choice."""

_JOINED = "/|\\||&|" + _word("or|and|oder|und|ou|et|o|y|e|of|en|eller|och|versus|vs|и|или") + "|或|和|还是"
LISTED = _compile(
    rf"""[\"'”’»)\]}}.]{{0,2}} \s{{0,3}} (?:[,、]\s{{0,2}})? (?P<joined>{_JOINED})? (?<=[,、\s/|&\w])
    \s{{0,3}} (?:(?:option|choice|the|opción)\s{{1,2}})? [\"'“‘«(\[{{]{{0,2}}"""
)
"""The whole text between two options of a list."""
_VERB = _any("can|cannot|can't|could|would|does|doesn't|isn't|has|seems|looks|fits")
PREDICATE = _compile(rf"""[\"'”’»)\]}}]{{0,2}} \s{{0,3}} (?: (?:{_IS}|{_VERB})(?!\w) | [是が] )""")
"""After the last of two options: the sentence goes on about this one alone, so the two are no list."""
_REASON = _any("because|since|as|which|due|with|given|for|by|over|not|but|weil|denn|car|parce|porque|perché|потому")
TERMINATED = _compile(
    rf"""[\"'”’»)\]}}]{{0,3}} \s{{0,3}} (?: \Z | [.,;:!?\n\r。，、；：！？)\]}}(<] | [-–—]{{1,2}}\s | -> | →
    | {_REASON}(?!\w) | 因为|因為|项|項|です|입니다 )"""
)
"""What follows a single letter that is meant as an option."""

ONLY_FILLERS = _compile(rf"[\s\"'“‘«(\[{{{{-]{{0,6}} (?:{_FILLER}(?!\w)[\s:,-]{{1,3}}){{0,3}} {_OPENING}\Z")
"""The sentence has nothing else before the option: "Definitely C."."""
LABEL = re.compile(r"[\w)\]*][*_]{0,3}\s?[:：]\s{0,3}[\"'“‘«(\[{*_]{0,6}\Z")
"""Some label before the option: "Given the evidence: C"."""
SENTENCE_END = re.compile(r"(?:(?<!\bans)(?<!\bAns)[.!?…](?=\s)|[。！？]|\n)[\s\"'”’)\]]*")
CLAUSE_START = _compile(r"[,;:，；：]\s | \s[—–-]\s | " + _word("but|so|therefore|aber|mais|pero"))
HEADING = _compile(rf"\W{{0,6}} (?:the\s+)? (?:(?:final|correct|my)\s+)? (?:{_ANSWER}|{_OPTION}) \W{{0,4}}\Z")
