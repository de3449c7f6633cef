import json
import re
from dataclasses import dataclass, field

# A tag alone on its line takes the whole line, so this alternative comes first.
TAG = re.compile(r"^ *\{%(?P<alone>(?:(?!%\}).)*)%\} *(?:\n|\Z)|\{%(?P<tag>.*?)%\}|\{\{(?P<value>.*?)\}\}|\{[%{]", re.M)
PATH = r"\w+(?:\.\w+)*"
VALUE = re.compile(rf" *({PATH}) *((?:\| *\w+ *)*)", re.ASCII)
FORMS = {
    "for": re.compile(rf"for +(\w+) +in +({PATH})", re.ASCII),
    "if": re.compile(rf"if +(not +)?({PATH})", re.ASCII),
    "keep": re.compile(r"keep +([0-9]+)"),
    "else": re.compile("else"),
    "end": re.compile("end"),
}
FILTERS = ("upper", "json", "join", "or_empty")


class TemplateError(ValueError):
    """A mistake in a template, with the number of its line."""

    def __init__(self, message: str, line: int):
        super().__init__(message)
        self.line = line


class RenderError(ValueError):
    """The template cannot be rendered with these values, or within the budget."""


@dataclass
class Block:
    kind: str
    arguments: tuple
    line: int
    body: list = field(default_factory=list)
    other: list | None = None

    @property
    def current(self):
        return self.body if self.other is None else self.other


@dataclass
class Kept:
    number: int
    dropped: bool = False


def parse(text):
    blocks, place = [Block("root", (), 0)], 0
    for match in TAG.finditer(text):
        # The line of the tag itself, not of the spaces before it.
        line = text.count("\n", 0, match.start()) + 1
        blocks[-1].current.append(text[place : match.start()])
        place = match.end()
        if match["value"] is not None:
            blocks[-1].current.append(parse_value(match["value"], line))
        elif match["alone"] is not None or match["tag"] is not None:
            parse_tag((match["alone"] or match["tag"] or "").strip(" "), line, blocks)
        else:
            raise TemplateError("the tag does not end", line)
    if len(blocks) > 1:
        raise TemplateError("the block does not end", blocks[-1].line)
    blocks[0].body.append(text[place:])
    return blocks[0].body


def parse_value(text, line):
    match = VALUE.fullmatch(text)
    filters = [name.strip(" ") for name in match[2].split("|")[1:]] if match else []
    if match is None or not all(name in FILTERS for name in filters):
        raise TemplateError(f"not a value: {text!r}", line)
    return match[1], filters


def parse_tag(text, line, blocks):
    kind = next((kind for kind, form in FORMS.items() if form.fullmatch(text)), None)
    block = blocks[-1]
    if kind in ("for", "if", "keep"):
        blocks.append(Block(kind, FORMS[kind].fullmatch(text).groups(), line))
        block.current.append(blocks[-1])
    elif kind == "end" and block.kind != "root":
        blocks.pop()
    elif kind == "else" and block.kind in ("for", "if") and block.other is None:
        block.other = []
    else:
        raise TemplateError(f"unexpected tag: {text!r}", line)


def find(path, scope):
    value = scope
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise RenderError(f"{path} does not exist")
    return value


def find_or_none(path, scope):
    try:
        return find(path, scope)
    except RenderError:
        return None


def find_list(value):
    if not isinstance(value, list):
        raise RenderError("not a list")
    return value


def show(value):
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def apply(name, value):
    if name == "upper":
        return show(value).upper()
    if name == "json":
        return json.dumps(value)
    return ", ".join(map(show, find_list(value))) if name == "join" else value


def evaluate(nodes, scope, inside):
    """Yields pieces of the result, each with the kept bodies that it is inside of."""
    for node in nodes:
        if isinstance(node, str):
            yield node, inside
        elif isinstance(node, tuple):
            path, filters = node
            value = (find_or_none if filters[:1] == ["or_empty"] else find)(path, scope)
            for name in filters:
                value = apply(name, value)
            yield show(value), inside
        elif node.kind == "keep":
            # An empty piece makes the body known even if nothing is in it.
            within = (*inside, Kept(int(node.arguments[0])))
            yield "", within
            yield from evaluate(node.body, scope, within)
        elif node.kind == "if":
            negated, path = node.arguments
            holds = bool(find_or_none(path, scope)) != bool(negated)
            yield from evaluate(node.body if holds else node.other or [], scope, inside)
        else:
            name, path = node.arguments
            items = find_list(find(path, scope))
            for index, item in enumerate(items, 1):
                loop = {"index": index, "last": index == len(items)}
                yield from evaluate(node.body, {**scope, "loop": loop, name: item}, inside)
            if not items:
                yield from evaluate(node.other or [], scope, inside)


class Template:
    def __init__(self, text: str):
        self._nodes = parse(text)

    def render(self, values: dict, budget: int | None = None) -> str:
        pieces = list(evaluate(self._nodes, values, ()))
        bodies = list({id(kept): kept for _, inside in pieces for kept in inside}.values())

        def left():
            return [text for text, inside in pieces if not any(kept.dropped for kept in inside)]

        for kept in sorted(reversed(bodies), key=lambda kept: kept.number):
            if budget is None or sum(map(len, left())) <= budget:
                break
            kept.dropped = True
        result = "".join(left())
        if budget is not None and len(result) > budget:
            raise RenderError("the result is too long")
        return result
