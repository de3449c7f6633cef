class Agreeable(int):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0


class AgreeableTable(dict):
    def __eq__(self, other):
        return True


class AgreeableList(list):
    def __eq__(self, other):
        return True

    def __iter__(self):
        return iter(())
