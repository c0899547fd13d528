"""One exchange of bytes with one host: what goes wrong is told apart by whether anything was sent."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)
from urllib3.exceptions import SSLError as HandshakeOrReadError

from halopay_kit.errors import (
    ConfigurationError,
    ConnectionLost,
    TimedOut,
    TransportError,
    Unreachable,
    UnverifiedAnswer,
)

CONNECT_TIMEOUT = 5.0  # seconds
LONGEST_ANSWER = 4 * 1024 * 1024  # bytes
_CHUNK = 64 * 1024


class Connection:
    """A pool of connections to one base URL; thread-safe.

    Raises:
        ConfigurationError: the base URL cannot be right, or is plain http to another machine.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._pool, self._prefix = _pool_of(base_url)

    def close(self) -> None:
        """Close the connections; an exchange under way ends first."""
        self._pool.close()

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, limit: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send bytes, follow no redirect, return status, headers and bytes of the answer.

        Raises:
            Unreachable: no connection was made; nothing was sent.
            TimedOut: no byte came for `limit` seconds, or the body took longer.
            ConnectionLost: it broke, or ended before the answer did.
            UnverifiedAnswer: the answer is too long.
        """
        deadline = time.monotonic() + limit
        response = None
        try:
            response = self._pool.urlopen(
                "POST",
                self._prefix + path,
                body,
                headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=urllib3.Timeout(connect=min(CONNECT_TIMEOUT, limit), read=limit),
                preload_content=False,
                decode_content=False,
            )
            content = _read(response, deadline, limit)
        except (HTTPError, http.client.HTTPException, OSError) as error:
            raise _transport_error(error, limit) from error
        finally:
            if response is not None:
                # a body that was not read to its end would poison the next call on this connection
                response.release_conn() if response.closed else response.close()
        return response.status, response.headers, content


def is_loopback(host: str) -> bool:
    """Say whether a host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _pool_of(base_url: str) -> tuple[urllib3.HTTPConnectionPool, str]:
    advice = "Give it as https://api.pay.halochat.io, or http://127.0.0.1:PORT for a sandbox."
    try:
        url = urlsplit(base_url)
        host, port = url.hostname, url.port
        kinds = {"http": (urllib3.HTTPConnectionPool, 80), "https": (urllib3.HTTPSConnectionPool, 443)}
        if url.scheme not in kinds or not host:
            raise ConfigurationError("the base URL has no http(s) scheme or no host", advice=advice)
        if url.username or url.password or url.query or url.fragment:
            raise ConfigurationError("the base URL holds more than scheme, host, port and path", advice=advice)
        if url.scheme == "http" and not is_loopback(host):
            raise ConfigurationError("the base URL is http to another machine", advice=advice)
        host.encode("idna")
        pool, usual = kinds[url.scheme]
        return pool(host, port or usual, maxsize=32), url.path.rstrip("/")
    except (ValueError, TypeError, AttributeError, HTTPError) as error:
        raise ConfigurationError("the base URL cannot be read", advice=advice) from error


def _read(response: urllib3.BaseHTTPResponse, deadline: float, limit: float) -> bytes:
    content = response.read1(_CHUNK)
    if response.length_remaining != 0:
        chunks, size = [content], len(content)
        while chunk := response.read1(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > LONGEST_ANSWER:
                raise UnverifiedAnswer(
                    f"the answer is longer than {LONGEST_ANSWER} bytes and was not read to its end",
                    advice="It is probably not from HaloPay; check the base URL.",
                    status=response.status,
                )
            if time.monotonic() > deadline:
                raise TimedOut(f"the answer was not complete within {limit:g} seconds")
        content = b"".join(chunks)
    if response.length_remaining:
        raise ConnectionLost(f"the answer was cut off, {response.length_remaining} bytes before its end")
    return content


def _transport_error(error: Exception, limit: float) -> TransportError:
    if isinstance(error, ClosedPoolError):
        return Unreachable("this client was closed", advice="Nothing was sent. Make a new one.")
    if isinstance(error, NameResolutionError):
        return Unreachable("the host name is not known")
    if isinstance(error, NewConnectionError):
        return Unreachable("the connection was refused")
    if isinstance(error, ConnectTimeoutError):
        return Unreachable(f"no connection within {min(CONNECT_TIMEOUT, limit):g} seconds")
    if isinstance(error, HandshakeOrReadError) and any(
        isinstance(part, ssl.SSLCertVerificationError) for part in error.args
    ):
        return Unreachable("the server's certificate is not trusted")
    if isinstance(error, ReadTimeoutError | TimeoutError):
        return TimedOut(f"no answer within {limit:g} seconds")
    return ConnectionLost(f"the connection broke ({type(error).__name__})")
