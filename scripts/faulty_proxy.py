"""An HTTP proxy that treats requests badly: it keeps them waiting, does not pass them on, loses answers.

What it does to a request is drawn from a seed. A lost answer is the worst: whoever asked cannot know
that it was done.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

__all__ = ["Faults", "faulty_proxy"]

_REFUSAL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


@dataclass
class Faults:
    """What befalls requests, and how often it did.

    Attributes:
        unheard: Share of requests whose connection is closed before anybody reads them.
        refused: Share that is answered by 503, and not passed on.
        unanswered: Share that is done, and whose connection is closed instead of an answer.
        late: Share that is done after `late_s` seconds.
        late_s: Seconds.
        seed: Of the draws.
        counts: How often each happened, and `passed` how many requests met none of it.
    """

    unheard: float = 0.0
    refused: float = 0.0
    unanswered: float = 0.0
    late: float = 0.0
    late_s: float = 0.0
    seed: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)

    def next(self) -> str:
        """What befalls the next request."""
        drawn = self._chance.random()
        what = "passed"
        for name in ("unheard", "refused", "unanswered", "late"):
            share = getattr(self, name)
            if 0 <= drawn < share:
                what = name
            drawn -= share
        self.counts[what] += 1
        return what


@contextmanager
def faulty_proxy(port: int, server_port: int, faults: Faults) -> Iterator[str]:
    """The address of a proxy at `port` before the server at `server_port` of this machine."""
    loop = asyncio.new_event_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _served(reader, writer, server_port, faults)
        except asyncio.CancelledError:  # the proxy ends
            pass
        finally:
            writer.close()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(serve, "127.0.0.1", port, backlog=512)

    server = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(_ended(server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _served(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server_port: int, faults: Faults
) -> None:
    """One request and its answer; the connection ends with it."""
    request = await _request(reader)
    if request is None:
        return
    what = faults.next()
    if what == "unheard":
        return
    if what == "refused":
        writer.write(_REFUSAL)
        await writer.drain()
        return
    if what == "late":
        await asyncio.sleep(faults.late_s)
    with contextlib.suppress(OSError):  # whoever is away gets no word, and gives none
        from_server, to_server = await asyncio.open_connection("127.0.0.1", server_port)
        to_server.write(request)
        answer = await from_server.read()
        to_server.close()
        if what != "unanswered":
            writer.write(answer)
            await writer.drain()


async def _request(reader: asyncio.StreamReader) -> bytes | None:
    """A request of known length, which asks that its connection be closed; None where none comes."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.split(b"\r\n")
    names = [line.partition(b":")[0].lower() for line in lines]
    length = sum(
        int(line.partition(b":")[2])
        for line, name in zip(lines, names, strict=True)
        if name == b"content-length"
    )
    kept = [
        line for line, name in zip(lines[:-2], names[:-2], strict=True) if name != b"connection"
    ]
    body = await reader.readexactly(length)
    return b"\r\n".join([*kept, b"Connection: close", b"", b""]) + body
