print("cold: butter 6, milk 9\ndry: flour 4, rice 12\ntotal 31")
