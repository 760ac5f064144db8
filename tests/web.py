"""A real HTTP server on the loopback that behaves as badly as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the server's behaviour."""

    server: Server

    def do_GET(self) -> None:
        self.server.seen.append(dict(self.headers))
        self.server.behaviour(self)

    def log_message(self, *_: object) -> None:
        pass

    def send(
        self, body: bytes, *, status: int = 200, length: int | None = None, **headers: str
    ) -> None:
        """Answer with `body`; `length` is what is announced where that is not the truth."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """A server with a behaviour and the headers of the requests that it has seen."""

    behaviour: Behaviour
    seen: list[dict[str, str]]

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.behaviour, server.seen = behaviour, []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
