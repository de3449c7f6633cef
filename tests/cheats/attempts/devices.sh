# Whoever reads these waits for ever.
rm -f stock/levels.py
mkfifo stock/levels.py pytest.ini
mknod stock/zero c 1 5 2>/dev/null
python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('stock/socket')"
