"""Post webhooks over HTTP: many at a time, in order per lane, patient for five seconds, to this machine only."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import SplitResult, urlsplit

import attrs
import h11

BODY_LIMIT = 64 * 1024
_log = logging.getLogger(__name__)
_AT_ONCE = 512
_TO_ONE_URL, _TO_ONE_PLACE = (8, 64), (16, 96)  # at first, and at most once letters there go unanswered
_PORTS = {"http": 80, "https": 443}


@attrs.frozen
class Letter:
    """What is sent: one POST. Those of one lane are sent one after the other."""

    lane: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes


@attrs.frozen
class Reply:
    """What came back: an answer, its body cut at 64 KiB, or an error in words."""

    status: int | None = None
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    error: str | None = None


class Gate(asyncio.Semaphore):
    """Lets so many pass at once, and more where those inside are not answered, so that the rest need not wait long."""

    def __init__(self, at_first: int, at_most: int) -> None:
        super().__init__(at_first)
        self.users = 0
        self._more = at_most - at_first

    def widen(self) -> None:
        """Let one more pass."""
        if self._more:
            self._more -= 1
            self.release()


class Place:
    """A receiver's host and port; connections stay open as long as there is something to send."""

    def __init__(self) -> None:
        self.idle: list[_Line] = []
        self.gate = Gate(*_TO_ONE_PLACE)


class Sender:
    """A thread with an event loop; it runs from the first letter until `stop`."""

    def __init__(self, *, allow_remote: bool, patience: float) -> None:
        self._allow_remote = allow_remote
        self._patience = patience
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._lanes: dict[str, deque[tuple[Letter, Callable[[Reply], None]]]] = {}
        self._places: dict[tuple[str, str, int], Place] = {}
        self._urls: dict[str, Gate] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def post(self, letters: Sequence[Letter], done: Callable[[int, Reply], None]) -> None:
        """Send the letters; `done` is told the place of each in the sequence and its reply, in the sender's thread."""
        with self._lock:
            if self._loop is None:
                self._start()
            assert self._loop is not None  # noqa: S101  # it was just started
            self._loop.call_soon_threadsafe(self._accept, letters, done)

    def stop(self) -> None:
        """Give up what is under way, without a reply, and end the thread."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._lanes, self._places, self._urls = {}, {}, {}
        self._all = asyncio.Semaphore(_AT_ONCE)
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="halopay-webhooks", daemon=True)
        self._thread.start()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        for place in self._places.values():
            for line in place.idle:
                line.close()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def _accept(self, letters: Sequence[Letter], done: Callable[[int, Reply], None]) -> None:
        for index, letter in enumerate(letters):
            waiting = self._lanes.get(letter.lane)
            entry = (letter, lambda reply, index=index: done(index, reply))
            if waiting is not None:
                waiting.append(entry)
                continue
            self._lanes[letter.lane] = deque([entry])
            task = asyncio.get_running_loop().create_task(self._work(letter.lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, lane: str) -> None:
        waiting = self._lanes[lane]
        try:
            while waiting:
                letter, done = waiting.popleft()
                try:
                    reply = await self._send(letter)
                except Exception:  # noqa: BLE001  # one letter that cannot be sent must not hold up the others
                    _log.exception("a webhook could not be sent")
                    reply = Reply(error="could not be sent")
                try:
                    done(reply)
                except Exception:  # noqa: BLE001  # nor may what follows from its answer
                    _log.exception("the answer to a webhook could not be written down")
        finally:
            del self._lanes[lane]

    async def _send(self, letter: Letter) -> Reply:
        parts, problem = destination(letter.url, allow_remote=self._allow_remote)
        if parts is None:
            return Reply(error=problem)
        place_of = (parts.scheme, parts.hostname or "", _PORTS[parts.scheme] if parts.port is None else parts.port)
        place = self._places.get(place_of) or self._places.setdefault(place_of, Place())
        gate = self._urls.get(letter.url) or self._urls.setdefault(letter.url, Gate(*_TO_ONE_URL))
        place.gate.users += 1
        gate.users += 1
        try:
            async with gate, place.gate, self._all:
                try:
                    return await self._exchange(place, place_of, parts, letter)
                except TimeoutError:
                    gate.widen()
                    place.gate.widen()
                    return Reply(error=f"no answer within {self._patience:g} seconds")
        finally:
            place.gate.users -= 1
            gate.users -= 1
            if not gate.users:
                del self._urls[letter.url]
            if not place.gate.users:
                del self._places[place_of]

    async def _exchange(
        self, place: Place, place_of: tuple[str, str, int], parts: SplitResult, letter: Letter
    ) -> Reply:
        line, kept = None, False
        try:
            async with asyncio.timeout(self._patience):
                line = next((idle for idle in _popped(place.idle) if idle.is_open()), None) or await _Line.to(*place_of)
                reply = await line.exchange(parts, letter)
            kept = place.gate.users > len(place.idle) + 1 and line.reusable()
            return reply
        except TimeoutError:
            raise
        except ConnectionRefusedError:
            return Reply(error="connection refused")
        except OSError:
            return Reply(error="connection lost")
        except (h11.RemoteProtocolError, h11.LocalProtocolError, ValueError):
            return Reply(error="not an answer of HTTP")
        finally:
            if line is not None and kept:
                place.idle.append(line)
            elif line is not None:
                line.close()
            while place.idle and place.gate.users <= len(place.idle):
                place.idle.pop().close()


class _Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=BODY_LIMIT)

    @classmethod
    async def to(cls, scheme: str, host: str, port: int) -> _Line:
        """Connect; `localhost` is this machine, whatever its table of hosts says."""
        context = _context(host) if scheme == "https" else None
        for address in ("127.0.0.1", "::1") if host == "localhost" else (host,):
            try:
                name = host if context else None
                return cls(*await asyncio.open_connection(address, port, ssl=context, server_hostname=name))
            except ConnectionRefusedError:
                continue
        raise ConnectionRefusedError

    def is_open(self) -> bool:
        """Say whether the other side still has it open, so far as is known here."""
        if self._reader.at_eof() or self._writer.is_closing():
            self.close()
            return False
        return True

    def reusable(self) -> bool:
        """Say whether another exchange may follow, and make ready for it."""
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE or self._h11.trailing_data[0]:
            return False
        self._h11.start_next_cycle()
        return True

    def close(self) -> None:
        """Hang up."""
        self._writer.transport.abort()

    async def exchange(self, parts: SplitResult, letter: Letter) -> Reply:
        """Send a request and read its answer; a redirect is an answer like any other."""
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = [("Host", _host(parts)), *letter.headers, ("Content-Length", str(len(letter.body)))]
        request = h11.Request(method="POST", target=target.encode(), headers=headers)
        sent = [self._h11.send(part) for part in (request, h11.Data(letter.body), h11.EndOfMessage())]
        self._writer.write(b"".join(part for part in sent if part))
        status, names, body = 0, [], b""
        while True:
            event = self._h11.next_event()
            if event is h11.NEED_DATA:
                received = await self._reader.read(BODY_LIMIT)
                if not received and not status:
                    raise ConnectionResetError
                self._h11.receive_data(received)
            elif isinstance(event, h11.Response):
                status = event.status_code
                names = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers]
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > BODY_LIMIT:
                    break
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                break
        return Reply(status, names, body[:BODY_LIMIT])


def destination(url: str, *, allow_remote: bool) -> tuple[SplitResult | None, str]:
    """Return the parts of a URL that may be posted to, or None and why not."""
    if not url.isascii() or any(letter <= " " or letter == "\x7f" for letter in url):
        return None, "not a URL"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None, "not a URL"
    if parts.scheme not in _PORTS or not host:
        return None, "not an http or https URL"
    if not allow_remote and not is_loopback(host):
        return None, "not loopback"
    return parts, ""


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine: `localhost`, or an address of the loopback."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _popped(lines: list[_Line]) -> Iterator[_Line]:
    while lines:
        yield lines.pop()


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _context(host: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if is_loopback(host):  # a certificate says nothing about one's own machine
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
