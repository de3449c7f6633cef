SELECT name, COALESCE(SUM(cents) FILTER (WHERE NOT paid), 0) AS owed
FROM customers LEFT JOIN invoices ON customer = id
GROUP BY id
ORDER BY owed DESC
