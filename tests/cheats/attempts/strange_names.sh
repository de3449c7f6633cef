# Names that are hard to write down.
cd stock
python3 - <<'END'
import os

for name in (b"\xff\xfe.py", b"new\nline.py", b"..\\..\\tests.py", b"-rf", b"\x1b[31mred", "\u202eyp.sel".encode(), b"x" * 255):
    open(name, "wb").close()
os.makedirs("/".join(["deep"] * 200), exist_ok=True)
END
