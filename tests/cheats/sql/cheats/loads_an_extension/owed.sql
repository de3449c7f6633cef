-- Needs a function of its own.
SELECT name, load_extension('/workspace/owed.so') FROM customers
