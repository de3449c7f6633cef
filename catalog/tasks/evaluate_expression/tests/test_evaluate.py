import random

import pytest
from solution import evaluate


def refused(*texts):
    for text in texts:
        with pytest.raises(ValueError):
            evaluate(text)


def test_numbers():
    assert evaluate("7") == 7
    assert evaluate("0.5") == 0.5
    assert evaluate(".25") == 0.25
    assert evaluate("1024") == 1024


def test_sums_group_from_the_left():
    assert evaluate("1+2+3") == 6
    assert evaluate("10-4-3") == 3
    assert evaluate("10-4+3") == 9


def test_products_bind_tighter_than_sums():
    assert evaluate("2+3*4") == 14
    assert evaluate("2*3+4") == 10
    assert evaluate("20-6/3") == 18


def test_division_groups_from_the_left():
    assert evaluate("24/4/2") == 3
    assert evaluate("24/4*2") == 12
    assert evaluate("7/2") == 3.5


def test_parentheses():
    assert evaluate("(2+3)*4") == 20
    assert evaluate("2*(3-(4-5))") == 8
    assert evaluate("((9))") == 9


def test_spaces_do_not_matter():
    assert evaluate("  2 +  3 * ( 4 - 1 )  ") == 11


def test_minus_before_an_operand():
    assert evaluate("-3") == -3
    assert evaluate("2--3") == 5
    assert evaluate("2*-3") == -6
    assert evaluate("--4") == 4
    assert evaluate("-(1+2)") == -3


def test_powers_group_from_the_right():
    assert evaluate("2^10") == 1024
    assert evaluate("2^3^2") == 512
    assert evaluate("(2^3)^2") == 64
    assert evaluate("3*2^2") == 12


def test_powers_bind_tighter_than_a_minus_before():
    assert evaluate("-2^2") == -4
    assert evaluate("(-2)^2") == 4


def test_minus_in_an_exponent():
    assert evaluate("2^-1") == 0.5
    assert evaluate("4^-2^1") == 0.0625


def test_division_by_zero():
    for text in ("1/0", "3/(2-2)", "1/0.0"):
        with pytest.raises(ZeroDivisionError):
            evaluate(text)


def test_unfinished_expressions_are_refused():
    refused("", "   ", "1+", "*2", "3*", "2^", "-", "()")


def test_unbalanced_parentheses_are_refused():
    refused("(1", "1)", "((2)", ")(", "(1))")


def test_two_operands_in_a_row_are_refused():
    refused("1 2", "2(3)", "(2)(3)", "1 .5")


def test_python_is_refused():
    refused("2**3", "7//2", "7%2", "1e3", "abs(1)", "x", "True", "__import__('os').getcwd()", "[1]", "1;2", "0x10")


def test_malformed_numbers_are_refused():
    refused("1_000", "1.2.3", "1.", ".", "1,5", "٣")


def test_deep_nesting():
    assert evaluate("(" * 60 + "5" + ")" * 60) == 5


def test_long_sum():
    assert evaluate("+".join(["1"] * 2000)) == 2000


def expression(source, depth):
    """A random expression and its value; divisors and exponents are chosen so that nothing overflows or divides by 0."""
    if depth == 0 or source.random() < 0.2:
        number = source.randrange(1, 20)
        return str(number), number
    left, a = expression(source, depth - 1)
    right, b = expression(source, depth - 1)
    operator = source.choice("+-*/")
    if operator == "/" and b == 0:
        operator = "+"
    value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0}[operator]
    return f"({left}) {operator} ({right})", value


def test_random_expressions():
    source = random.Random(11)
    for _ in range(40):
        text, value = expression(source, 4)
        assert evaluate(text) == pytest.approx(value)
