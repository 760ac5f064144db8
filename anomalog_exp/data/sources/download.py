"""A download that goes on where it stopped.

The bytes that arrived stay in the target, and the server's validator in a file beside it. The next
attempt asks for the rest; a server that cannot do that, or whose file has changed, sends the whole
again. Faults that may pass are retried with growing pauses. A name that does not resolve and a refused
connection do not pass within seconds: they end the download at once.
"""

from __future__ import annotations

import http.client
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

from anomalog_exp.files import write_text
from anomalog_exp.progress import Progress

__all__ = ["DownloadFailed", "download"]

_ATTEMPTS: Final = 5
_PAUSE_S: Final = 0.5
_TIMEOUT_S: Final = 30
_CHUNK: Final = 1 << 18
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class DownloadFailed(Exception):
    """The file could not be downloaded, for the stated reason."""


class _Passing(Exception):
    """A fault that may be gone at the next attempt."""


def download(url: str, target: Path, *, progress: Progress) -> None:
    """Download `url` to `target`, continuing what an earlier call left there.

    Raises:
        DownloadFailed: it cannot be downloaded; what arrived stays for another call.
    """
    if not url.startswith(("http://", "https://")):
        raise DownloadFailed("only http and https addresses are fetched")
    arrived_before = -1
    failures = 0
    while True:
        try:
            _attempt(url, target, progress)
        except _Passing as fault:
            arrived = target.stat().st_size if target.exists() else 0
            # An attempt that brought bytes starts the count again: with more of them the file is whole.
            failures = 1 if arrived > arrived_before >= 0 else failures + 1
            arrived_before = arrived
            if failures >= _ATTEMPTS:
                raise DownloadFailed(f"{fault}, {failures} times in a row") from fault
            time.sleep(_PAUSE_S * 2 ** (failures - 1))
        else:
            _validator_file(target).unlink(missing_ok=True)
            return


def _attempt(url: str, target: Path, progress: Progress) -> None:
    begin = target.stat().st_size if target.exists() else 0
    validator = _validator(target)
    # Without a validator the rest may be that of another file.
    begin = begin if validator else 0
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
    if begin and validator:
        request.add_header("Range", f"bytes={begin}-")
        request.add_header("If-Range", validator)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            _receive(response, target, begin if response.status == 206 else 0, progress)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing lies behind what is here: begin anew
            target.unlink(missing_ok=True)
            raise _Passing("the server has nothing to continue with") from error
        if error.code in _PASSING:
            raise _Passing(f"the server answered {error.code} {error.reason}") from error
        raise DownloadFailed(f"the server answered {error.code} {error.reason}") from error
    except (TimeoutError, ConnectionResetError, http.client.HTTPException) as error:
        raise _Passing(f"the connection broke ({error or type(error).__name__})") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError | ConnectionResetError):
            raise _Passing(f"the connection broke ({error.reason})") from error
        reason = error.reason
        text = reason.strerror if isinstance(reason, OSError) and reason.strerror else reason
        place = "its name" if isinstance(reason, socket.gaierror) else "it"
        raise DownloadFailed(f"the server cannot be reached, {place}: {text}") from error


def _receive(
    response: http.client.HTTPResponse, target: Path, begin: int, progress: Progress
) -> None:
    length = response.headers.get("Content-Length")
    total = begin + int(length) if length else None
    validator = response.headers.get("ETag") or response.headers.get("Last-Modified")
    if validator and not validator.startswith("W/"):
        write_text(_validator_file(target), validator)
    else:
        _validator_file(target).unlink(missing_ok=True)
    with (
        target.open("ab" if begin else "wb") as file,
        progress.stage(f"downloading {target.stem}", total, "B") as advance,
    ):
        advance(begin)
        arrived = begin
        while chunk := response.read(_CHUNK):
            file.write(chunk)
            arrived += len(chunk)
            advance(len(chunk))
    if total is not None and arrived < total:
        raise _Passing(f"the connection ended after {arrived:,} of {total:,} bytes")


def _validator_file(target: Path) -> Path:
    return target.with_name(f"{target.name}.validator")


def _validator(target: Path) -> str | None:
    try:
        return _validator_file(target).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
