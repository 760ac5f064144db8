"""One answer of a server, watched while it comes.

A socket's timeout ends a silence and not a trickle: a byte a second would go on for ever. So the bytes
of a connection, headers and body alike, are counted over the time that is spent waiting for them.
Redirects are followed here: urllib would follow them to ftp, and take a password along to any server.
"""

from __future__ import annotations

import http.client
import io
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

from anomalog_exp.data.sources.address import Address

__all__ = ["answer"]

_TIMEOUT_S: Final = 30
_WINDOW_S: Final = 60.0
_LEAST_BYTES_PER_S: Final = 1000
_MAX_REDIRECTS: Final = 10
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def answer(address: Address, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    """Ask for an address, wherever it leads.

    Raises:
        urllib.error.HTTPError: the server answers with an error.
        ValueError: it leads nowhere, or where nothing is fetched.
        OSError, http.client.HTTPException: it cannot be reached, or the connection broke. A trickle is
            a TimeoutError.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(),
        _Https(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    for _ in range(_MAX_REDIRECTS + 1):
        request = urllib.request.Request(address.url, headers=dict(headers))
        if address.authorization is not None:
            request.add_header("Authorization", address.authorization)
        try:
            return opener.open(request, timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as error:
            location = error.headers.get("Location")
            if error.code not in _REDIRECTS or location is None:
                raise
            error.close()
            address = _moved(address, location)
    raise ValueError(f"the server leads on more than {_MAX_REDIRECTS} times")


def _moved(address: Address, location: str) -> Address:
    try:
        return address.moved(location)
    except ValueError as error:
        raise ValueError(f"the server leads to another address: {error}") from error


class _Watched(io.RawIOBase):
    """The bytes of a connection, which ends where they come too slowly."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self._waited, self._arrived = 0.0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        begun = time.monotonic()
        size = self._raw.readinto(buffer)
        self._waited += time.monotonic() - begun
        self._arrived += size or 0
        if size and self._waited >= _WINDOW_S:
            if self._arrived < _LEAST_BYTES_PER_S * self._waited:
                raise TimeoutError(f"it sent {self._arrived:,} bytes in {self._waited:.0f} seconds")
            self._waited, self._arrived = 0.0, 0
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fp = io.BufferedReader(_Watched(self.fp.detach()))


class _Connection(http.client.HTTPConnection):
    response_class = _Response


class _SecureConnection(http.client.HTTPSConnection):
    response_class = _Response


class _Http(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, request)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, request)
