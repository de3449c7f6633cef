import re

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?|\.\d+)|([-+*/^()]))", re.ASCII)


def tokens(text):
    place, found = 0, []
    text = text.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"unexpected {text[place:]!r}")
        found.append(match[1] or match[2])
        place = match.end()
    for left, right in zip(found, found[1:]):
        if left[-1].isdigit() and right[0] in ".0123456789":
            raise ValueError("two numbers in a row")
    return found


class Parser:
    def __init__(self, found):
        self.left = found[::-1]

    def peek(self):
        return self.left[-1] if self.left else ""

    def take(self):
        if not self.left:
            raise ValueError("the expression ends too early")
        return self.left.pop()

    def sum(self):
        value = self.product()
        while self.peek() in ("+", "-"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self):
        value = self.signed()
        while self.peek() in ("*", "/"):
            value = value * self.signed() if self.take() == "*" else value / self.signed()
        return value

    def signed(self):
        if self.peek() == "-":
            self.take()
            return -self.signed()
        return self.power()

    def power(self):
        root = self.operand()
        if self.peek() == "^":
            self.take()
            return root ** self.signed()
        return root

    def operand(self):
        token = self.take()
        if token == "(":
            value = self.sum()
            if self.take() != ")":
                raise ValueError("a parenthesis is not closed")
            return value
        if token[-1].isdigit():
            return float(token) if "." in token else int(token)
        raise ValueError(f"unexpected {token!r}")


def evaluate(text):
    parser = Parser(tokens(text))
    value = parser.sum()
    if parser.left:
        raise ValueError(f"unexpected {parser.peek()!r}")
    return value
