"""A download that goes on where it stopped, and believes nothing of the server that can be checked.

What arrived is kept as a part; another attempt asks for the rest of that very file, and an answer that
is not exactly this rest starts the part anew. Sizes are compared before the body comes. Faults that may
pass are retried with growing pauses; a name that does not resolve or a refused connection is no fault
that passes within seconds, and ends the download at once.
"""

from __future__ import annotations

import http.client
import re
import socket
import time
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Never

from anomalog_exp.data.sources.address import Address, masked
from anomalog_exp.data.sources.connection import answer
from anomalog_exp.data.sources.part import Origin, Part
from anomalog_exp.progress import Progress

__all__ = ["DownloadFailed", "download"]

_ATTEMPTS: Final = 5
_PAUSE_S: Final = 0.5
_CHUNK: Final = 1 << 18
_WORTH_BYTES: Final = 1 << 16
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")
_SIZE: Final = re.compile(r"\d{1,18}")


class DownloadFailed(Exception):
    """The file could not be brought here, for the stated reason."""


class _Passing(Exception):
    """A fault that may be gone at the next attempt."""


def download(
    url: str, part: Part, *, size_bytes: int | None, max_bytes: float, progress: Progress
) -> None:
    """Bring all that is at `url` into `part`, continuing what an earlier call left there.

    Args:
        url: An http or https address.
        part: Where it goes.
        size_bytes: How large it must be, if that is known.
        max_bytes: Larger than this it must not be.
        progress: Shows how many bytes have arrived.

    Raises:
        DownloadFailed: it cannot be had; what can be continued stays for another call.
    """
    try:
        wanted = _Wanted(Address.of(url), masked(url), part, size_bytes, max_bytes, progress)
    except ValueError as error:
        raise DownloadFailed(str(error)) from error
    most = failures = 0
    while not wanted.is_there():
        try:
            wanted.attempt()
            return
        except _Passing as fault:
            # An attempt that comes nearer to the end starts the count anew. A few bytes are no such
            # step: a server could make as many of them as it likes.
            failures = 1 if part.size() >= most + _WORTH_BYTES else failures + 1
            most = max(most, part.size())
            if failures >= _ATTEMPTS:
                raise DownloadFailed(f"{fault}, {failures} times in a row") from fault
            time.sleep(_PAUSE_S * 2 ** (failures - 1))


@dataclass(frozen=True)
class _Wanted:
    """A file that is to be brought here, as `download` says it."""

    address: Address
    recorded_as: str
    part: Part
    size_bytes: int | None
    max_bytes: float
    progress: Progress

    def is_there(self) -> bool:
        """Whether an earlier call brought all of it."""
        origin = self._origin()
        return origin is not None and origin.size == self.part.size()

    def _origin(self) -> Origin | None:
        """Where the part comes from, if it is a part of this file."""
        origin = self.part.origin()
        return origin if origin is not None and origin.address == self.recorded_as else None

    def attempt(self) -> None:
        """Ask once for what is missing, and take it."""
        origin = self._origin()
        headers = {"Accept-Encoding": "identity"}
        if origin is not None:
            headers |= {"Range": f"bytes={self.part.size()}-", "If-Range": origin.validator}
        try:
            response = answer(self.address, headers)
        except urllib.error.HTTPError as error:
            self._answered(error)
        except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
            raise _broken(error) from error
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError | ConnectionResetError):
                raise _broken(error.reason) from error
            raise DownloadFailed(_not_reached(error.reason)) from error
        except ValueError as error:
            raise DownloadFailed(str(error)) from error
        with response:
            self._receive(response, origin)

    def _answered(self, error: urllib.error.HTTPError) -> Never:
        with error:
            problem = (
                f"the server answered {error.code} {http.client.responses.get(error.code, '')}"
            )
            if error.code == 416:  # nothing lies behind what is here
                self.part.remove()
                raise _Passing("the server has nothing to continue with") from error
            if error.code in _PASSING:
                raise _Passing(problem) from error
            raise DownloadFailed(problem) from error

    def _receive(self, response: http.client.HTTPResponse, origin: Origin | None) -> None:
        total = self._begin(response, origin)
        most = self.max_bytes if total is None else total
        arrived = self.part.size()
        with (
            self.part.path.open("ab") as file,
            self.progress.stage(f"downloading {self.part.archive.name}", total, "B") as advance,
        ):
            advance(arrived)
            for chunk in _chunks(response):
                arrived += len(chunk)
                if arrived > most:
                    self._unwanted(f"the server sends more than {most:,.0f} bytes")
                file.write(chunk)
                advance(len(chunk))
        if total is not None and arrived < total:
            raise _Passing(f"the connection ended after {arrived:,} of {total:,} bytes")
        if arrived == 0:
            self._unwanted("the server sent nothing")

    def _begin(self, response: http.client.HTTPResponse, origin: Origin | None) -> int | None:
        """Look at what the server announces, and make the part ready for it.

        Returns: bytes of the whole file, if they are known.
        """
        headers = response.headers
        if response.status == 206:
            total: int | None = self._rest(headers, origin)
        elif response.status == 200:
            total = self._whole(response)
        else:
            raise DownloadFailed(f"the server answered {response.status}")
        self._refuse_other_size(total)
        packed = headers.get("Content-Encoding", "identity").strip().lower()
        # Many servers call a .tar.gz gzip-encoded and mean the file itself.
        itself = self.part.archive.suffix in (".gz", ".tgz") and packed in ("gzip", "x-gzip")
        if packed not in ("identity", "") and not itself:
            self._unwanted(f"the server sends it packed once more, as {packed[:20]!r}")
        if response.status == 200:
            self.part.begin(self._origin_of(headers, total))
        return self.size_bytes if total is None else total

    def _rest(self, headers: http.client.HTTPMessage, origin: Origin | None) -> int:
        """Bytes of the whole file, of which the server sends exactly the rest that was asked for."""
        sent = _RANGE.fullmatch(headers.get("Content-Range", ""))
        validator = _validator(headers)
        if (
            sent is None
            or origin is None
            or int(sent[1]) != self.part.size()
            or origin.size not in (None, int(sent[2]))
            or validator not in (None, origin.validator)
        ):
            self.part.remove()
            raise _Passing("the server sent another part than was asked for")
        return int(sent[2])

    def _whole(self, response: http.client.HTTPResponse) -> int | None:
        """Bytes of the whole file, if the server says so."""
        length = response.headers.get("Content-Length")
        if length is None or response.chunked:
            return None
        if not _SIZE.fullmatch(length):
            self._unwanted("the server gives it a size that is no number")
        return int(length)

    def _refuse_other_size(self, total: int | None) -> None:
        if total is None:
            return
        if self.size_bytes not in (None, total):
            self._unwanted(f"the server has {total:,} bytes instead of {self.size_bytes:,}")
        if total == 0:
            self._unwanted("the server sent nothing")
        if total > self.max_bytes:
            self._unwanted(f"the server has {total:,} bytes, more than it may unpack to")

    def _origin_of(self, headers: http.client.HTTPMessage, total: int | None) -> Origin | None:
        validator = _validator(headers)
        return None if validator is None else Origin(self.recorded_as, validator, total)

    def _unwanted(self, problem: str) -> Never:
        """Give up: what the server has is not what was asked for, and continuing could not mend it."""
        self.part.remove()
        raise DownloadFailed(problem)


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read1(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _broken(error) from error
        if not chunk:
            return
        yield chunk


def _validator(headers: http.client.HTTPMessage) -> str | None:
    validator = headers.get("ETag") or headers.get("Last-Modified")
    return None if validator is None or validator.startswith("W/") else validator


def _broken(error: Exception) -> _Passing:
    # What http.client raises repeats what the server sent, which may hold anything.
    reason = str(error) if isinstance(error, OSError) else ""
    return _Passing(f"the connection broke ({reason or type(error).__name__})")


def _not_reached(reason: object) -> str:
    place = "its name" if isinstance(reason, socket.gaierror) else "it"
    problem = reason.strerror if isinstance(reason, OSError) and reason.strerror else reason
    return f"the server cannot be reached, {place}: {problem}"
