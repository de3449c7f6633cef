"""Problems in the formats of HumanEval and MBPP, with content of our own."""

from __future__ import annotations

from typing import Any

PROMPT = '''\
from typing import List
import math


def twice(x: int) -> int:
    """Two times x."""
    return x * 2


def total(values: List[int]) -> int:
    """ The sum of the doubled values.
    >>> total([1, 2])
    6
    """
'''
CHECK = """

METADATA = {
    'author': 'us',
    'dataset': 'test'
}


def check(candidate):
    assert candidate([1, 2]) == twice(1) + twice(2)
    assert candidate([]) == 0
    assert math.fabs(candidate([5]) - 10) < 1e-6

"""


def humaneval(**changed: Any) -> dict[str, Any]:
    problem = {
        "task_id": "HumanEval/7",
        "prompt": PROMPT,
        "entry_point": "total",
        "canonical_solution": "    return sum(twice(value) for value in values)\n",
        "test": CHECK,
    }
    return {**problem, **changed}


def humaneval_truth() -> dict[str, Any]:
    """Its test asks only whether results are true."""
    return humaneval(
        task_id="HumanEval/8",
        prompt='\ndef is_long(text):\n    """Whether the text has more than 3 letters."""\n',
        entry_point="is_long",
        canonical_solution="    return len(text) > 3\n",
        test="def check(candidate):\n    assert candidate('abcd'), 'short'\n    assert candidate('abcde')\n",
    )


def mbpp(**changed: Any) -> dict[str, Any]:
    """Its function has a name that pytest would take for a test."""
    problem = {
        "text": "Write a function to test whether a list has an element twice.",
        "code": "def test_twice(values, least=2): \r\n\treturn any(values.count(each) >= least for each in values)",
        "task_id": 11,
        "test_setup_code": "",
        "test_list": ["assert test_twice([1, 2, 1]) == True", "assert test_twice([1, 2])==False"],
        "challenge_test_list": ["assert not test_twice([], 3)"],
    }
    return {**problem, **changed}


def mbpp_objects() -> dict[str, Any]:
    """Its tests pass objects of the solution on to it."""
    return mbpp(
        text="Write a function to tell whether a tree is deep.",
        code="class Node:\r\n  def __init__(self, value):\r\n    self.value = value\r\n    self.left = None\r\n\r\n"
        "def is_deep(root: Node):\r\n  return root.left is not None",
        task_id=12,
        test_setup_code="root = Node(1)\r\nroot.left = Node(2)",
        test_list=["assert is_deep(root)", "assert not is_deep(root.left)", "assert is_deep(Node(3)) != True"],
        challenge_test_list=[],
    )


def sanitized_mbpp() -> dict[str, Any]:
    return {
        "source_file": "file.ipynb",
        "task_id": 13,
        "prompt": "Write a function to find the square root.",
        "code": "import math\ndef root(x):\n  return math.sqrt(x)",
        "test_imports": ["import math"],
        "test_list": ["assert math.isclose(root(2), 1.4142135623730951)", "assert root(4) == 2"],
    }
