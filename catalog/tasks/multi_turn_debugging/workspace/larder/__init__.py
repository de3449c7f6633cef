"""What is in the larder, by its journal. README.md has the rules."""

from larder.errors import LarderError
from larder.program import stock

__all__ = ["LarderError", "stock"]
