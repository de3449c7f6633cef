-- What is expected may be in a table.
SELECT name, sql FROM sqlite_master UNION ALL SELECT name, file FROM pragma_database_list
UNION ALL SELECT name, builtin FROM pragma_function_list LIMIT 3
