"""The connection to the NATS server. It reconnects indefinitely; pending requests fail as soon as it breaks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import structlog

from assay import without

with without("aiohttp"):  # nats-py imports it, with all CA certificates, for NATS over WebSockets
    import nats.errors
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription

from assay.bus import metrics
from assay.bus.errors import BusClosed, BusForbidden, BusUnavailable, MessageRefused, NoListener
from assay.bus.nats.inbox import Inbox
from assay.bus.settings import BusSettings

_log = structlog.get_logger(__name__)
_DENIED = re.compile(r'permissions violation for publish to "([^"]+)"')
_PENDING_BYTES = 8_000_000
_PING_SECONDS = 5
_RETRY_SECONDS = 0.5
_FLUSH_WAIT_SECONDS = 2.0
_FLUSH_TIMEOUT_SECONDS = 60
"""Longer than it takes to detect a dead connection, which ends all waits for a PONG."""

OnMessage = Callable[[Msg], Awaitable[None]]


class Connection:
    """Wraps the nats-py client. Use ``nc`` for plain subscriptions and publishing."""

    def __init__(self, settings: BusSettings) -> None:
        self.settings = settings
        self.nc = Client()
        self.inbox = Inbox(self.nc)
        self.closed = asyncio.Event()
        self.reconnects = 0
        self.denied: set[str] = set()
        """Subjects this user may not publish on, in lower case as in the server's error messages."""
        self.on_reconnect: list[Callable[[], None]] = []
        self._up = asyncio.Event()
        self._last_error = ""
        self._opening: asyncio.Task[None] | None = None
        self._closing = False
        self._flushing: set[asyncio.Future[None]] = set()

    @property
    def connected(self) -> bool:
        return self._up.is_set() and not self.closed.is_set()

    async def open(self) -> None:
        """Raises BusForbidden if the login is refused, BusUnavailable if no server answers in time."""
        settings = self.settings
        opening = asyncio.ensure_future(self._connect())
        try:
            async with asyncio.timeout(settings.connect_timeout_seconds):
                await opening
        except TimeoutError as error:
            raise BusUnavailable(
                f"no NATS server answered at {settings.url} within {settings.connect_timeout_seconds:g} s "
                f"({self._last_error or 'no reply'}); check that it is running and that ASSAY_NATS_URL is correct"
            ) from error
        except asyncio.CancelledError:
            if "authorization" not in self._last_error.lower():
                raise
            raise BusForbidden(
                f"the NATS server at {settings.url} refused user {settings.user!r}: {self._last_error}; "
                "check ASSAY_NATS_USER and ASSAY_NATS_PASSWORD against the server's configuration"
            ) from None
        await self.inbox.open(settings.inbox_prefix)
        self._up.set()
        metrics.CONNECTED.set(1)

    async def _connect(self) -> None:
        settings = self.settings
        self._opening = asyncio.current_task()
        await self.nc.connect(
            servers=settings.url,
            name=settings.name,
            user=settings.user or None,
            password=settings.password or None,
            inbox_prefix=settings.inbox_prefix,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RETRY_SECONDS,  # pyright: ignore[reportArgumentType]  (only passed to sleep())
            ping_interval=_PING_SECONDS,
            max_outstanding_pings=1,
            pending_size=_PENDING_BYTES,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_reconnected,
            closed_cb=self._on_closed,
        )
        self._opening = None

    async def close(self) -> None:
        """Send pending data, acks in particular, and close permanently."""
        self._closing = True
        try:
            async with asyncio.timeout(3):
                if self.nc.is_connected:
                    await self.flush()
                await self.nc.close()
        except (TimeoutError, nats.errors.Error, OSError) as error:
            _log.warning("bus.close_failed", error=repr(error))
        await self._on_closed()

    async def up(self) -> None:
        """Wait until connected. Raises BusClosed if the connection is closed."""
        await self._up.wait()
        if self.closed.is_set():
            reason = self._last_error or "by this process"
            raise BusClosed(f"the connection to {self.settings.url} is closed ({reason})")

    async def request(
        self, subject: str, payload: bytes, timeout_seconds: float, headers: Mapping[str, str] | None = None
    ) -> Msg:
        """The first reply. Raises BusUnavailable if nothing subscribes to the subject, no reply arrives in time, or the
        connection breaks (the effect is then unknown), and BusForbidden if permissions do not allow the request."""
        try:
            with self.inbox.reply_to(subject) as (reply, future):
                async with asyncio.timeout(timeout_seconds):
                    await self.up()
                    await self.publish(subject, payload, reply, headers)
                    message = await future
        except TimeoutError as error:
            raise BusUnavailable(f"no reply on {subject} within {timeout_seconds:g} s") from error
        if message.headers and message.headers.get("Status") == "503":
            raise NoListener(f"no service is subscribed to {subject}; start the service that handles it")
        return message

    async def publish(
        self, subject: str, payload: bytes, reply: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Publish without confirmation. While disconnected, messages wait in a buffer of a few megabytes."""
        try:
            await self.nc.publish(subject, payload, reply, dict(headers) if headers else None)
        except nats.errors.ConnectionClosedError as error:
            raise BusClosed(f"the connection to {self.settings.url} is closed ({self._last_error})") from error
        except nats.errors.MaxPayloadError as error:
            raise MessageRefused(f"{len(payload):,} bytes on {subject} exceed the server's max_payload") from error
        except (nats.errors.Error, OSError) as error:
            raise BusUnavailable(f"could not send on {subject}: {error!r}") from error

    async def subscribe(self, pattern: str, on_message: OnMessage, queue: str = "") -> Subscription:
        """Subscribe; reconnecting renews the subscription."""
        await self.up()
        try:
            return await self.nc.subscribe(pattern, queue, on_message)
        except nats.errors.ConnectionClosedError as error:
            raise BusClosed(f"the connection to {self.settings.url} is closed ({self._last_error})") from error

    async def flush(self) -> None:
        """Wait, for a limited time, until the server has received everything that was sent.

        The flush itself is never cancelled: a PONG without a waiting future ends nats-py's read loop.
        """
        flushing = asyncio.ensure_future(self.nc.flush(timeout=_FLUSH_TIMEOUT_SECONDS))
        self._flushing.add(flushing)
        flushing.add_done_callback(self._flushed)
        await asyncio.wait((flushing,), timeout=_FLUSH_WAIT_SECONDS)

    def _flushed(self, flushing: asyncio.Future[None]) -> None:
        self._flushing.discard(flushing)
        if not flushing.cancelled():
            flushing.exception()

    async def unsubscribe(self, subscription: Subscription) -> None:
        with suppress(nats.errors.Error):
            await subscription.unsubscribe()

    async def drain(self, subscription: Subscription) -> None:
        """Unsubscribe, but still pass on the messages that the server has sent before. nats-py's own method can time
        out, and then breaks the connection (see ``flush``)."""
        with suppress(nats.errors.Error, OSError):
            await self.nc._send_unsubscribe(subscription._id)  # pyright: ignore[reportPrivateUsage]
        await self.flush()
        while subscription.pending_msgs and not self.closed.is_set():  # noqa: ASYNC110 (nats-py notifies nobody)
            await asyncio.sleep(0.01)
        await self.unsubscribe(subscription)

    async def _on_error(self, error: Exception) -> None:
        self._last_error = str(error) or type(error).__name__
        _log.warning("bus.error", server=self.settings.url, user=self.settings.user, error=repr(error))
        if denied := _DENIED.search(self._last_error):
            self.denied.add(denied[1])
            reason = f"user {self.settings.user!r} may not publish on {denied[1]}; see assay/bus/permissions.py"
            self.inbox.fail(BusForbidden(reason), denied[1])
        elif "authorization" in self._last_error.lower() and self._opening is not None:
            self._opening.cancel()

    async def _on_disconnected(self) -> None:
        if self._up.is_set() and not self._closing:
            self._up.clear()
            metrics.CONNECTED.set(0)
            _log.warning("bus.disconnected", server=self.settings.url)
        self.inbox.fail(BusUnavailable(f"the connection to {self.settings.url} broke; the effect is unknown"))

    async def _on_reconnected(self) -> None:
        self.denied.clear()
        self.reconnects += 1
        self._up.set()
        metrics.CONNECTED.set(1)
        metrics.RECONNECTS.inc()
        _log.info("bus.reconnected", server=self.settings.url, reconnects=self.reconnects)
        for listener in self.on_reconnect:
            listener()

    async def _on_closed(self) -> None:
        self.closed.set()
        self._up.set()
        metrics.CONNECTED.set(0)
        self.inbox.fail(BusClosed(f"the connection to {self.settings.url} is closed"))
