from greeter import greeting

PEOPLE = ["Mia", "Otto", "Zoë", "Anne-Lise", "Ravi"]


def run(candidate, *arguments):
    code, printed, _ = candidate.run(["python3", "-m", "greeter", *arguments], "")
    return printed, code


def test_one_name():
    assert greeting.message(["Ada"]) == "Hello, Ada!"
    assert greeting.message(["  Jean Luc "]) == "Hello, Jean Luc!"
    assert greeting.message(["and"]) == "Hello, and!"


def test_nobody_is_the_world():
    assert greeting.message([]) == "Hello, world!"
    assert greeting.message(["", "  "]) == "Hello, world!"


def test_any_number_of_names():
    for count in range(1, len(PEOPLE) + 1):
        names = PEOPLE[:count]
        expected = ", ".join(names)
        if count > 1:
            expected = expected[: expected.rindex(",")] + " and " + names[-1]
        assert greeting.message(names) == f"Hello, {expected}!"
        assert greeting.message(["", *names, " "]) == f"Hello, {expected}!"


def test_loud():
    assert greeting.message(["Mia"], True) == "HELLO, MIA!"
    assert greeting.message(["Mia"], False) == "Hello, Mia!"
    assert greeting.message(["Mia", "Otto"], True) == "HELLO, MIA AND OTTO!"
    assert greeting.message([], True) == "HELLO, WORLD!"


def test_program(candidate):
    assert run(candidate, "Otto") == ("Hello, Otto!\n", 0)
    assert run(candidate, "Otto", "--loud") == ("HELLO, OTTO!\n", 0)
    assert run(candidate, "--loud", "Mia", "Otto", "Ravi") == ("HELLO, MIA, OTTO AND RAVI!\n", 0)
    assert run(candidate) == ("Hello, world!\n", 0)
