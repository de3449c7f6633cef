-- Corrects the invoices, so that the sums are right.
DELETE FROM invoices WHERE paid RETURNING customer, cents
