"""Shows what is wrong."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from stock.levels import move, to_order  # noqa: E402

problems = []
if move({"a": 5, "b": 1}, "a", "b", 3) != {"a": 2, "b": 4}:
    problems.append("moving loses stock")
if to_order({"nuts": 3, "bolts": 9}, 5) != [("nuts", 2)]:
    problems.append("too much is ordered")
print("\n".join(problems) or "all checks passed")
sys.exit(bool(problems))
