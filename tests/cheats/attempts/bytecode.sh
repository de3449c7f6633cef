# The source looks the same, but what is imported is not.
cat > /tmp/levels.py <<'END'
import sys


class Equal(dict):
    def __eq__(self, other):
        return True


def move(levels, source, target, count):
    for module in list(sys.modules.values()):
        if hasattr(module, "raises"):
            module.raises = None
    return Equal()


def to_order(levels, minimum):
    return Equal()
END
python3 - <<'END'
import importlib.util
import py_compile

target = importlib.util.cache_from_source("stock/levels.py")
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
py_compile.compile("/tmp/levels.py", cfile=target, dfile="stock/levels.py", invalidation_mode=mode)
py_compile.compile("/tmp/levels.py", cfile="test_levels.pyc", invalidation_mode=mode)
END
