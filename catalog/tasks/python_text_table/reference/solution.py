from itertools import zip_longest
from unicodedata import east_asian_width

SMALLEST = 4


def char_size(char):
    return 2 if east_asian_width(char) in "WF" else 1


def size(text):
    return sum(map(char_size, text))


def text_lines(cell):
    text = "-" if cell is None else str(cell)
    return [" ".join(line.split()) for line in text.split("\n")]


def is_number(cell):
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def is_numeric(cells):
    return any(map(is_number, cells)) and all(cell is None or is_number(cell) for cell in cells)


def fit(widths, numeric, width):
    widths = list(widths)
    while sum(widths) + 3 * (len(widths) - 1) > width:
        able = [at for at, each in enumerate(widths) if each > SMALLEST and not numeric[at]]
        if not able:
            raise ValueError("the table does not fit")
        widths[max(able, key=lambda at: (widths[at], at))] -= 1
    return widths


def pieces(word, width):
    """Cuts a word into pieces that fit."""
    piece = ""
    for char in word:
        if size(piece) + char_size(char) > width:
            yield piece
            piece = ""
        piece += char
    yield piece


def wrap(line, width):
    if size(line) <= width:
        return [line]
    words = [piece for word in line.split(" ") for piece in pieces(word, width)]
    wrapped = [words[0]]
    for word in words[1:]:
        if size(wrapped[-1]) + 1 + size(word) <= width:
            wrapped[-1] += " " + word
        else:
            wrapped.append(word)
    return wrapped


def pad(line, width, numeric):
    blank = " " * (width - size(line))
    return blank + line if numeric else line + blank


def render(headers: list[str], rows: list[list], width: int | None = None) -> str:
    """Returns the table, not wider than `width` unless that is None."""
    if not headers or any(len(row) > len(headers) for row in rows):
        raise ValueError("no headers, or a row with more cells than headers")
    rows = [[*row, *[None] * (len(headers) - len(row))] for row in rows]
    numeric = [is_numeric([row[at] for row in rows]) for at in range(len(headers))]
    table = [[text_lines(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(size(line) for lines in column for line in lines) for column in zip(*table)]
    if width is not None:
        widths = fit(widths, numeric, width)

    printed = []
    for at, row in enumerate(table):
        cells = [[part for line in lines for part in wrap(line, each)] for lines, each in zip(row, widths)]
        for parts in zip_longest(*cells, fillvalue=""):
            printed.append(" | ".join(map(pad, parts, widths, numeric)))
        if at == 0:
            printed.append("-+-".join("-" * each for each in widths))
    return "\n".join(line.rstrip(" ") for line in printed)
