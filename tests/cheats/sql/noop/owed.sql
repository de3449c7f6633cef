SELECT name, 0 FROM customers
