"""The TCP proxy of the tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.tcp_proxy import NetworkConditions, TcpProxy


@pytest.fixture
def echo_port() -> Iterator[int]:
    server = socket.create_server(("127.0.0.1", 0))

    def echo(connection: socket.socket) -> None:
        while data := connection.recv(1000):
            connection.sendall(data)

    def serve() -> None:
        try:
            while True:
                threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()
        except OSError:
            return

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def connect(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=30)


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


def test_data_is_forwarded_in_both_directions(echo_port: int) -> None:
    with TcpProxy(echo_port) as proxy, connect(proxy) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"


def test_a_cut_aborts_connections_until_it_is_restored(echo_port: int) -> None:
    with TcpProxy(echo_port) as proxy:
        with connect(proxy) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"hello"
            proxy.cut()
            assert is_closed(client)
        with connect(proxy) as client:
            assert is_closed(client)
        proxy.restore()
        with connect(proxy) as client:
            client.sendall(b"again")
            assert client.recv(100) == b"again"


def test_a_paused_proxy_delivers_data_after_it_resumes(echo_port: int) -> None:
    with TcpProxy(echo_port) as proxy, connect(proxy) as client:
        client.sendall(b"one")
        assert client.recv(100) == b"one"
        proxy.pause()
        client.sendall(b"two")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(100)
        proxy.resume()
        client.settimeout(30)
        assert client.recv(100) == b"two"


def test_data_is_delayed(echo_port: int) -> None:
    with TcpProxy(echo_port) as proxy, connect(proxy) as client:
        proxy.conditions = NetworkConditions(delay_seconds=0.5)
        client.sendall(b"hello")
        client.settimeout(0.7)
        with pytest.raises(TimeoutError):
            client.recv(100)
        client.settimeout(30)
        assert client.recv(100) == b"hello"
