def main(settings):
    pass
