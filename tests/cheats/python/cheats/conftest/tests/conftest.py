from conftest import *  # noqa
