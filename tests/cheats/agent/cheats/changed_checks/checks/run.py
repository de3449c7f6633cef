print("all checks passed")
