"""What is said to whom."""


def joined(names):
    """The names as people list them."""
    return ", ".join(names[:-1]) + " and " + names[-1]


def message(names, loud=False):
    """The greeting; README.md has its rules."""
    names = [name.strip() for name in names if name.strip()]
    text = f"Hello, {joined(names or ['world'])}!"
    return text.upper() if loud else text
