import json
import random

import pytest
from solution import RenderError, Template, TemplateError


def render(text, budget=None, **values):
    return Template(text).render(values, budget)


def wrong(line, *texts):
    for text in texts:
        with pytest.raises(TemplateError) as caught:
            Template(text)
        assert caught.value.line == line


def fails(text, budget=None, **values):
    made = Template(text)
    with pytest.raises(RenderError):
        made.render(values, budget)


def test_values():
    assert render("<{{a}}|{{ b }}|{{  c  }}|{{d}}|{{e}}>", a="x{{b}}", b=None, c=True, d=False, e=1.50) == (
        "<x{{b}}||true|false|1.5>")
    assert render("{{a}}{{ b }}", a=[1, "x", None], b={"k": True}) == "[1, 'x', None]{'k': True}"
    assert render("a } }} %} { {a} \n{ {% if x %}1{% end %}\n", x=1) == "a } }} %} { {a} \n{ 1\n"


def test_paths():
    values = {"a": {"b": [{"c_1": "deep"}, "second"], "0": "key"}, "_x9": {"none": None}}
    assert Template("{{ a.b.0.c_1 }} {{a.b.1}} {{ a.0 }} {{ _x9.none }}.").render(values) == "deep second key ."
    for path in ("b", "a.c", "a.b.2", "a.b.x", "a.b.0.c_1.d", "_x9.none.a", "a.b.1.0"):
        fails("x{{ %s }}" % path, **values)


def test_filters():
    assert render("{{ a|upper }} {{ b | upper }}{{c|upper}}", a="é1", b=True, c=None) == "É1 TRUE"
    assert render("{{ a | json }} {{ a|json|upper }}", a={"k": [None, True, "é"]}) == (
        '{"k": [null, true, "\\u00e9"]} {"K": [NULL, TRUE, "\\U00E9"]}')
    assert render("{{ a | join }}/{{ b|join|json }}", a=[1, None, False, "x"], b=[]) == '1, , false, x/""'
    for value in ("abc", None, {"a": 1}, 5):
        fails("{{ a | join }}", a=value)
    fails("{{ a | upper | join }}", a=[1])


def test_or_empty():
    assert render("<{{ a | or_empty }}{{ b.c.d|or_empty|upper }}{{ x | or_empty }}>", x=5, b={}) == "<5>"
    assert render("{{ a | or_empty | json }} {{ x | upper | or_empty }}", x="y") == "null Y"
    fails("{{ a | upper | or_empty }}", b=1)
    fails("{{ a | or_empty | join }}", b=1)


def test_for():
    text = "{% for x in a.list %}{{ loop.index }}={{x.v}}{% if not loop.last %}, {% end %}{% else %}none{% end %}!"
    assert Template(text).render({"a": {"list": [{"v": 5}, {"v": "b"}]}}) == "1=5, 2=b!"
    assert Template(text).render({"a": {"list": []}}) == "none!"
    assert render("{%for x in a%}{{ x }}{%end%}", a=[]) == ""
    for value in ({"k": 1}, "abc", None, 3):
        fails("{% for x in a %}{% end %}", a=value)
    fails("{% for x in b %}{% end %}", a=[])


def test_names_of_loops_end_with_them():
    inner = "{% for x in x %}{{ x }}{{loop.index}}{% end %}{{x|join}}{{loop.index}};"
    text = "{{x}}{{loop}}{% for x in a %}" + inner + "{% end %}{{x}}{{loop}}"
    assert render(text, a=[["p", "q"], ["r"]], x="X", loop="L") == "XLp1q2p, q1;r1r2;XL"
    fails("{% for x in a %}{% end %}{{ x }}", a=[1])
    fails("{% for x in a %}{% else %}{{ loop.index }}{% end %}", a=[])


def test_if():
    text = "{% if a.b %}yes{% else %}no{% end %}{% if not a.b %}-{% end %}"
    for value in (1, "x", [0], {"k": 0}):
        assert render(text, a={"b": value}) == "yes"
    for value in (0, "", [], {}, None):
        assert render(text, a={"b": value}) == "no-"
    assert render(text) == "no-"
    assert render(text, a={"b": True}) == "yes"
    assert render("{% if not not_a %}{% if  notb %}1{%  end  %}{% end %}", notb=1) == "1"


def test_lines_of_single_tags_vanish():
    text = "a\n  {% if x %}  \nb\n{% else %}\nc\n {% end %}\nd\n{% for y in z %}\n{{ y }}\n{%end%}"
    assert render(text, x=1, z=[1, 2]) == "a\nb\nd\n1\n2\n"
    assert render(text, x=0, z=[]) == "a\nc\nd\n"
    assert render("{% if x %}\n\n  {% end %} {% if x %} \n {{ x }} \n{% end %}\t\n", x=1) == "\n    \n 1 \n\t\n"
    assert render("a\n {% if x %}\nb\n  {% end %}  ", x=1) == "a\nb\n"
    assert render("  {% if x %} b\n{% end %}{% if x %}\n{% end %}", x=1) == "   b\n\n"


def test_mistakes_have_their_lines():
    wrong(1, "{{ a", "{% if a \n %}{% end %}", "{{}}", "{{ a b }}", "{{ a.}}", "{{ .a }}", "{{ a..b }}", "{{ a- }}")
    wrong(2, "x\n{{ a | lower }}", "\n{{ a | }}", "\n{{ a || upper }}", "\n {{ é }}", "\n{% %}")
    wrong(3, "\n\n{% for in a %}{% end %}", "\n\n {% for x of a %}\n{% end %}", "\n\n{% for x.y in a %}{% end %}")
    wrong(1, "{% keep %}{% end %}", "{% keep -1 %}{% end %}", "{% keep x %}{% end %}", "{% iff a %}{% end %}")
    wrong(1, "{% if a | upper %}{% end %}", "{% if a.b c %}{% end %}", "{% if %}{% end %}", "{%forx in a%}{% end %}")
    wrong(1, "{% If a %}{% end %}", "{% endif %}")
    wrong(1, "{% end %}", "{% if a %}{% end if %}", "{% if a %}{% else x %}{% end %}")
    assert render("{{a.b|upper|json}}{%keep 07%}{%end%}", a={"b": "x"}) == '"X"'


def test_blocks_must_match():
    wrong(2, "{% if a %}{% end %}\n{% end %}", "{% if a %}\n{% end %}{% else %}", "\n{% else %}")
    wrong(3, "{% if a %}\n{% else %}\n{% else %}{% end %}", "{% for x in a %}{% else %}\n\n{% else %}{% end %}")
    wrong(2, "{% keep 1 %}\n{% else %}\n{% end %}", "{% if a %}{% keep 1 %}\n{% else %}\n{% end %}{% end %}")
    wrong(2, "\n{% if a %}\n{% if b %}{% end %}\n", "{% for x in a %}\n{% keep 1 %}\n")
    wrong(4, "{% if a %}\n\n\n{{ b | c }}", "{% if a %}\n{% end %}\n\n{% end %}\n{{")
    assert render("{% if a %}{% for x in b %}{% else %}1{% end %}{% else %}2{% end %}", a=1, b=[]) == "1"


def test_the_lowest_number_is_dropped_first():
    text = "{% keep 2 %}aa{% end %}{% keep 10 %}bbb{% end %}{% keep 1 %}cccc{% end %}!"
    made = Template(text)
    expected = {10: "aabbbcccc!", 9: "aabbb!", 6: "aabbb!", 5: "bbb!", 4: "bbb!", 3: "!", 1: "!"}
    assert {budget: made.render({}, budget) for budget in expected} == expected
    with pytest.raises(RenderError):
        made.render({}, 0)
    assert made.render({}) == "aabbbcccc!"


def test_of_equal_numbers_the_last_is_dropped_first():
    text = "{% for x in a %}\n{% keep 3 %}\n{{ x }}\n{% end %}\n{% end %}"
    assert render(text, 7, a=["long", "b", "c"]) == "long\nb\n"
    assert render(text, 6, a=["long", "b", "c"]) == "long\n"
    assert render(text, 4, a=["long", "b", "c"]) == ""
    assert render("{% keep 1 %}a{% keep 1 %}b{% end %}{% end %}{% keep 1 %}c{% end %}", 1) == "a"
    assert render("{% keep 1 %}{% keep 1 %}b{% end %}a{% end %}{% keep 2 %}c{% end %}", 2) == "ac"


def test_what_is_inside_is_dropped_too():
    text = "{% keep 1 %}a{% keep 5 %}bb{% end %}{% end %}{% keep 2 %}ccc{% end %}"
    assert render(text, 5) == "ccc"
    assert render(text, 2) == ""
    text = "{% keep 4 %}a{% if x %}{% keep 1 %}b{% end %}{% end %}{% end %}{% keep 3 %}c{% end %}"
    assert [render(text, budget, x=1) for budget in (3, 2, 1, 0)] == ["abc", "ac", "a", ""]
    assert [render(text, budget) for budget in (2, 1)] == ["ac", "a"]
    fails("{% keep 1 %}a{% end %}bc", 1)


def test_a_template_can_be_rendered_again():
    made = Template("{% for x in a %}{% keep 1 %}{{ x }}{% end %}{% end %}{{ n }}")
    values = {"a": ["p", "q"], "n": 7}
    assert [made.render(values, budget) for budget in (1, None, 2)] == ["7", "pq7", "p7"]
    assert values == {"a": ["p", "q"], "n": 7}
    assert issubclass(TemplateError, ValueError) and issubclass(RenderError, ValueError)


def grown(source, depth, scope):
    """A random template and what it renders to: a list of texts and, for kept bodies, [number, list]."""
    text, result = "", []
    for _ in range(source.randrange(1, 4)):
        kind = source.choice(("text", "value", "keep", "keep", "if", "for") if depth else ("text", "value"))
        if kind == "text":
            piece = source.choice((" ", "ab", "c\nd", "{ ", "} "))
            text, result = text + piece, [*result, piece]
        elif kind == "value":
            name = source.choice(sorted(scope))
            text, result = text + "{{ %s|json }}" % name, [*result, json.dumps(scope[name])]
        elif kind == "keep":
            number = source.randrange(4)
            inner, made = grown(source, depth - 1, scope)
            text, result = text + "{%% keep %d %%}%s{%% end %%}" % (number, inner), [*result, [number, made]]
        elif kind == "if":
            name = source.choice(sorted(scope))
            (yes, made), (no, other) = grown(source, depth - 1, scope), grown(source, depth - 1, scope)
            text += "{%% if %s %%}%s{%% else %%}%s{%% end %%}" % (name, yes, no)
            result += made if scope[name] else other
        else:
            items, seed = source.choice(([], [0], [7, "", "z"])), source.random()
            rounds = [grown(random.Random(seed), depth - 1, {**scope, "i": item}) for item in items]
            inner = rounds[0][0] if rounds else "x"
            text += "{%% for i in %s %%}%s{%% else %%}-{%% end %%}" % ("abc"[min(len(items), 2)], inner)
            result += [piece for _, made in rounds for piece in made] if rounds else ["-"]
    return text, result


def flat(result):
    return "".join(piece if isinstance(piece, str) else flat(piece[1]) for piece in result)


def drop_one(result):
    """Removes the next kept body from the tree; False if there is none."""
    found = []

    def search(pieces):
        for piece in pieces:
            if not isinstance(piece, str):
                found.append((piece[0], -len(found), pieces, piece))
                search(piece[1])

    search(result)
    if found:
        _, _, pieces, chosen = min(found, key=lambda each: each[:2])
        pieces[:] = [piece for piece in pieces if piece is not chosen]
    return bool(found)


def test_random_templates_agree_with_a_tree_of_bodies():
    source = random.Random(3)
    dropped = 0
    for _ in range(60):
        values = {"a": [], "b": [0], "c": [7, "", "z"], "p": "text", "q": None, "r": 12}
        text, result = grown(source, 3, {**values, "i": 1})
        made, values = Template(text), {**values, "i": 1}
        assert made.render(values) == flat(result)
        while True:
            whole = flat(result)
            assert made.render(values, len(whole)) == whole
            while len(flat(result)) == len(whole) and drop_one(result):
                dropped += 1
            if len(flat(result)) == len(whole):
                break
        if whole:
            with pytest.raises(RenderError):
                made.render(values, len(whole) - 1)
    assert dropped > 60
