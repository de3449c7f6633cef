print("a: x 2\ntotal 2")
