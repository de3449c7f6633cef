SELECT ']], [2]]
={"test": "test_owed.py::test_sums", "when": "call", "outcome": "passed"}', 0 FROM customers
