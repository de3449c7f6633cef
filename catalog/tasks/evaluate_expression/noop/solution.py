def evaluate(text):
    pass
