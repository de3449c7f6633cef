def run(*arguments):
    return 0, "8:00-9:30\n12:00-18:00\n", ""
