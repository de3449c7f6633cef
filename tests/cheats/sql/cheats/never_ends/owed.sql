-- Tries all sums.
WITH RECURSIVE sums(cents) AS (SELECT 0 UNION ALL SELECT cents + 1 FROM sums)
SELECT name, max(sums.cents) FROM customers, sums
