from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from anomalog_exp.data.sources import connection
from anomalog_exp.data.sources import download as module
from anomalog_exp.data.sources.download import DownloadFailed, download
from anomalog_exp.data.sources.part import Origin, Part
from anomalog_exp.progress import SILENT
from tests.web import Behaviour, Handler, serving

BODY = bytes(range(256)) * 4000
OTHER = bytes(len(BODY))
"""Another file of the same size."""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(module, "_PAUSE_S", 0.0)


@pytest.fixture
def part(tmp_path) -> Part:
    return Part(tmp_path / "x.zip")


def fetch(url: str, part: Part, *, size_bytes: int | None = None, max_bytes: float = 1e8) -> bytes:
    """What is downloaded."""
    download(url, part, size_bytes=size_bytes, max_bytes=max_bytes, progress=SILENT)
    return part.path.read_bytes()


def fetched(behaviour: Behaviour, part: Part, **facts) -> tuple[bytes, list[dict[str, str]]]:
    """What is downloaded from a server, and the headers that it saw."""
    with serving(behaviour) as server:
        return fetch(server.url("x.zip"), part, **facts), server.seen


def failed(behaviour: Behaviour, part: Part, message: str, **facts) -> int:
    """The download fails with the message; how often it was tried."""
    with serving(behaviour) as server:
        with pytest.raises(DownloadFailed, match=message):
            fetch(server.url("x.zip"), part, **facts)
    return len(server.seen)


def ranges(handler: Handler, *, cut_after: int | None = None, etag: str = '"v1"') -> None:
    """A server that knows ranges and may cut the connection after some bytes."""
    begin = 0
    if (asked := handler.headers.get("Range")) and handler.headers.get("If-Range") == etag:
        begin = int(asked.removeprefix("bytes=").removesuffix("-"))
    body = BODY[begin:] if cut_after is None else BODY[begin : begin + cut_after]
    more = {"Content_Range": f"bytes {begin}-{len(BODY) - 1}/{len(BODY)}"} if begin else {}
    handler.send(body, status=206 if begin else 200, length=len(BODY) - begin, ETag=etag, **more)


def had(
    part: Part, url: str, body: bytes, *, validator: str = '"v1"', size: int | None = len(BODY)
):
    """An earlier attempt left some bytes."""
    part.begin(Origin(url, validator, size))
    part.path.write_bytes(body)


def test_a_plain_download(part):
    body, seen = fetched(lambda handler: handler.send(BODY), part)
    assert body == BODY
    assert seen[0]["Accept-Encoding"] == "identity"
    assert [path.name for path in part.archive.parent.iterdir()] == ["x.zip.part"]


def test_broken_connections_are_continued_where_they_ended(part):
    body, seen = fetched(lambda handler: ranges(handler, cut_after=300_000), part)
    assert body == BODY
    asked = [headers.get("Range") for headers in seen]
    assert asked == [None, "bytes=300000-", "bytes=600000-", "bytes=900000-"]


def test_what_another_process_left_is_continued(part):
    answers: Iterator[Behaviour] = iter(
        [lambda handler: handler.send(BODY[:1000], length=len(BODY), ETag='"v1"')] * 5
    )
    with serving(lambda handler: next(answers, ranges)(handler)) as server:
        with pytest.raises(DownloadFailed, match=r"ended after 1,000 of 1,024,000 bytes, 5 times"):
            fetch(server.url("x.zip"), part)
        assert part.path.read_bytes() == BODY[:1000]
        assert fetch(server.url("x.zip"), part) == BODY
        assert server.seen[5]["Range"] == "bytes=1000-"


def test_what_has_arrived_as_a_whole_is_not_asked_for_again(part):
    with serving(ranges) as server:
        assert fetch(server.url("x.zip"), part) == BODY
        assert fetch(server.url("x.zip"), part) == BODY
    assert len(server.seen) == 1


def test_a_file_that_changed_meanwhile_is_fetched_anew(part):
    with serving(ranges) as server:
        had(part, server.url("x.zip"), b"old", validator='"v0"')
        assert fetch(server.url("x.zip"), part) == BODY
    assert [headers.get("Range") for headers in server.seen] == ["bytes=3-"]


def test_a_part_of_another_address_is_not_continued(part):
    had(part, "http://elsewhere/x.zip", OTHER[:1000])
    body, seen = fetched(ranges, part)
    assert body == BODY
    assert "Range" not in seen[0]


@pytest.mark.parametrize("record", [None, "", '"v1"', "[]", "{}", '{"address": 1', "\xff"])
def test_a_part_of_unknown_origin_is_never_continued(part, record):
    part.path.write_bytes(OTHER[:1000])
    if record is not None:
        Path(f"{part.path}.validator").write_text(record, encoding="latin-1")
    body, seen = fetched(lambda handler: handler.send(BODY), part)
    assert "Range" not in seen[0]
    assert body == BODY


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Range": f"bytes 2000-{len(BODY) - 1}/{len(BODY)}", "ETag": '"v1"'},
        {"Content_Range": f"bytes 0-{len(BODY) - 1}/{len(BODY)}", "ETag": '"v1"'},
        {"Content_Range": f"bytes 1000-{len(BODY)}/{len(BODY) + 1}", "ETag": '"v1"'},
        {"Content_Range": f"bytes 1000-{len(BODY) - 1}/{len(BODY)}", "ETag": '"v2"'},
        {"Content_Range": f"bytes 1000-{len(BODY) - 1}/*", "ETag": '"v1"'},
        {"Content_Range": "bytes 1000-99999999999999999999/99999999999999999999"},
        {"Content_Range": "lines 1000-2000/3000"},
        {"Content_Type": "multipart/byteranges; boundary=x"},
    ],
)
def test_another_rest_than_was_asked_for_is_not_appended(part, headers):
    def behaviour(handler: Handler) -> None:
        if "Range" in handler.headers:
            handler.send(OTHER[1000:], status=206, **headers)
        else:
            handler.send(BODY, ETag='"v2"')

    with serving(behaviour) as server:
        had(part, server.url("x.zip"), BODY[:1000])
        assert fetch(server.url("x.zip"), part) == BODY
    assert len(server.seen) == 2


def test_a_part_that_nobody_asked_for_is_not_taken_for_the_whole(part):
    send = {"Content_Range": f"bytes 0-{len(BODY) - 1}/{len(BODY)}", "ETag": '"v1"'}
    message = "another part than was asked for, 5 times"
    assert failed(lambda handler: handler.send(BODY, status=206, **send), part, message) == 5


def test_a_shorter_rest_is_taken_and_continued(part):
    def behaviour(handler: Handler) -> None:
        begin = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        end = min(begin + 400_000, len(BODY))
        place = f"bytes {begin}-{end - 1}/{len(BODY)}"
        handler.send(BODY[begin:end], status=206, Content_Range=place)

    with serving(behaviour) as server:
        had(part, server.url("x.zip"), BODY[:1000], size=None)
        assert fetch(server.url("x.zip"), part) == BODY


def test_a_server_that_has_nothing_to_continue_with_sends_the_whole(part):
    def behaviour(handler: Handler) -> None:
        known = "Range" in handler.headers
        handler.send(b"" if known else BODY, status=416 if known else 200)

    with serving(behaviour) as server:
        had(part, server.url("x.zip"), OTHER, size=None)
        assert fetch(server.url("x.zip"), part) == BODY


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_fault_that_passes_is_tried_again(part, status):
    answers = iter([status, status])

    def behaviour(handler: Handler) -> None:
        code = next(answers, 200)
        handler.send(BODY if code == 200 else b"", status=code)

    body, seen = fetched(behaviour, part)
    assert body == BODY
    assert len(seen) == 3


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (403, 1), (500, 5), (204, 1), (203, 1)])
def test_a_fault_that_stays_is_told(part, status, tries):
    message = f"the server answered {status}"
    assert failed(lambda handler: handler.send(b"", status=status), part, message) == tries


@pytest.mark.parametrize("size_bytes", [len(BODY) - 1, len(BODY) + 1])
def test_another_size_is_refused_before_the_body_comes(part, size_bytes):
    def behaviour(handler: Handler) -> None:
        handler.send(b"", length=len(BODY))  # who waited for the body would be told of its end

    message = f"has 1,024,000 bytes instead of {size_bytes:,}"
    assert failed(behaviour, part, message, size_bytes=size_bytes) == 1
    assert not part.path.exists()


def test_another_size_of_a_rest_is_refused_before_it_comes(part):
    with serving(ranges) as server:
        had(part, server.url("x.zip"), BODY[:1000])
        with pytest.raises(DownloadFailed, match="has 1,024,000 bytes instead of 5,000"):
            fetch(server.url("x.zip"), part, size_bytes=5000)
    assert not part.path.exists()


def endless(handler: Handler) -> None:
    """No size, and no end."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(BODY)
    except ConnectionError:
        pass


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"size_bytes": 5000}, "sends more than 5,000 bytes"),
        ({"max_bytes": 3e6}, "sends more than 3,000,000 bytes"),
    ],
)
def test_more_than_is_expected_is_not_waited_for(part, facts, message):
    assert failed(endless, part, message, **facts) == 1
    assert not part.path.exists()


def test_a_file_that_is_larger_than_it_may_unpack_to_is_not_fetched(part):
    message = "has 1,024,000 bytes, more than it may unpack to"
    assert failed(lambda handler: handler.send(BODY), part, message, max_bytes=1e6) == 1


@pytest.mark.parametrize("length", ["x", "-5", "9" * 400, "1_000", "5, 5"])
def test_a_size_that_is_no_number_is_refused(part, length):
    def behaviour(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", length)
        handler.end_headers()

    assert failed(behaviour, part, "a size that is no number") == 1


def test_a_body_without_size_ends_with_the_connection(part):
    def behaviour(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(BODY)

    body, _ = fetched(behaviour, part)
    assert body == BODY


def test_a_body_without_length_that_is_cut_is_tried_again(part):
    cut = iter([1000, 2000])

    def behaviour(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(BODY[: next(cut, None)])

    body, seen = fetched(behaviour, part, size_bytes=len(BODY))
    assert body == BODY
    assert len(seen) == 3


def test_chunks_are_put_together(part):
    def behaviour(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Content-Length", "5")  # means nothing beside the other
        handler.end_headers()
        for begin in range(0, len(BODY), 100_000):
            chunk = BODY[begin : begin + 100_000]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        handler.wfile.write(b"0\r\n\r\n")

    body, _ = fetched(behaviour, part, size_bytes=len(BODY))
    assert body == BODY


@pytest.mark.parametrize("with_length", [True, False])
def test_nothing_is_no_file(part, with_length):
    def behaviour(handler: Handler) -> None:
        handler.send_response(200)
        if with_length:
            handler.send_header("Content-Length", "0")
        handler.end_headers()

    assert failed(behaviour, part, "the server sent nothing") == 1
    assert not part.path.exists()


@pytest.mark.parametrize("packing", ["gzip", "br", "Deflate"])
def test_a_body_that_was_packed_on_the_way_is_refused(part, packing):
    assert failed(
        lambda handler: handler.send(BODY, Content_Encoding=packing), part, "packed once more, as"
    )
    assert not part.path.exists()


@pytest.mark.parametrize(
    ("name", "packing"), [("x.zip", "identity"), ("x.tar.gz", "x-gzip"), ("x.tgz", "gzip")]
)
def test_what_servers_call_a_packed_archive_is_the_archive_itself(tmp_path, name, packing):
    part = Part(tmp_path / name)
    body, _ = fetched(lambda handler: handler.send(BODY, Content_Encoding=packing), part)
    assert body == BODY


def trickle(handler: Handler, *, within_headers: bool = False) -> None:
    """A few bytes now and then, for as long as somebody listens."""
    if not within_headers:
        handler.send_response(200)
        handler.send_header("ETag", '"v1"')
        handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.02)
    except ConnectionError:
        pass


@pytest.mark.parametrize("within_headers", [False, True])
def test_a_trickle_is_no_download(part, monkeypatch, within_headers):
    monkeypatch.setattr(connection, "_WINDOW_S", 0.1)
    message = r"the connection broke \(it sent [\d,]+ bytes in 0 seconds\), 5 times in a row"
    tries = failed(lambda handler: trickle(handler, within_headers=within_headers), part, message)
    assert tries == 5


def test_a_silence_is_no_download(part, monkeypatch):
    monkeypatch.setattr(connection, "_TIMEOUT_S", 0.05)
    message = r"the connection broke \(.*timed out\), 5 times in a row"
    assert failed(lambda _: time.sleep(0.2), part, message) == 5


def test_what_is_no_answer_is_not_repeated(part):
    def behaviour(handler: Handler) -> None:
        handler.wfile.write(b"\x1b[2J GET " + handler.path.encode() + b"\n\n")

    message = r"^the connection broke \(BadStatusLine\), 5 times in a row$"
    assert failed(behaviour, part, message) == 5


def test_a_few_bytes_each_time_are_no_progress(part):
    message = "ended after [0-9,]+ of 1,024,000 bytes, 5 times in a row"
    assert failed(lambda handler: ranges(handler, cut_after=10), part, message) == 5


def test_a_server_that_is_not_there_is_told_at_once(part):
    with pytest.raises(DownloadFailed, match="cannot be reached, it: Connection refused"):
        fetch("http://127.0.0.1:9/x.zip", part)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x.zip", "http:///x.zip"])
def test_only_web_addresses_are_fetched(part, url):
    with pytest.raises(DownloadFailed, match=r"only http and https|no host"):
        fetch(url, part)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(part, status):
    def behaviour(handler: Handler) -> None:
        if handler.path == "/x.zip":
            handler.send(b"", status=status, Location="/there?x=1")
        else:
            assert handler.path == "/there?x=1"
            handler.send(BODY)

    body, _ = fetched(behaviour, part)
    assert body == BODY


@pytest.mark.parametrize(
    "location", ["ftp://127.0.0.1/x.zip", "file:///etc/passwd", "http://[::1/", "http://a..b/"]
)
def test_a_redirect_out_of_the_web_is_refused(part, location):
    message = "the server leads to another address: "
    redirect = lambda handler: handler.send(b"", status=302, Location=location)  # noqa: E731
    assert failed(redirect, part, message) == 1


def test_redirects_have_an_end(part):
    redirect = lambda handler: handler.send(b"", status=302, Location=handler.path + "x")  # noqa: E731
    assert failed(redirect, part, "leads on more than 10 times") == 11


def test_name_and_password_are_sent_to_their_server_only(part):
    with serving(lambda handler: handler.send(BODY)) as other:

        def behaviour(handler: Handler) -> None:
            here = handler.path == "/x.zip"
            handler.send(b"", status=302, Location="/y.zip" if here else other.url("z.zip"))

        with serving(behaviour) as server:
            address = server.url("x.zip").replace("//", "//user:p%20w@")
            assert fetch(address, part) == BODY
    assert [headers["Authorization"] for headers in server.seen] == ["Basic dXNlcjpwIHc="] * 2
    assert "Authorization" not in other.seen[0]


def test_what_is_recorded_of_a_part_holds_no_secret(part):
    with serving(
        lambda handler: handler.send(BODY[:1000], length=len(BODY), ETag='"v1"')
    ) as server:
        address = server.url("x.zip?sig=SECRET").replace("//", "//user:SECRET@")
        with pytest.raises(DownloadFailed, match="5 times") as raised:
            fetch(address, part)
    assert "SECRET" not in str(raised.value)
    record = Path(f"{part.path}.validator").read_text()
    assert "127.0.0.1" in record
    assert "SECRET" not in record
    assert part.origin() is not None
