from __future__ import annotations

import pytest

from anomalog_exp.data.sources import download as module
from anomalog_exp.data.sources.download import DownloadFailed, download
from anomalog_exp.progress import SILENT
from tests.web import Handler, serving

BODY = bytes(range(256)) * 4000


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(module, "_PAUSE_S", 0.0)


def ranges(handler: Handler, *, cut_after: int | None = None, etag: str = '"v1"') -> None:
    """A server that knows ranges and may cut the connection after some bytes."""
    begin = 0
    if (asked := handler.headers.get("Range")) and handler.headers.get("If-Range") == etag:
        begin = int(asked.removeprefix("bytes=").removesuffix("-"))
    body = BODY[begin:] if cut_after is None else BODY[begin : begin + cut_after]
    more = {"Content_Range": f"bytes {begin}-{len(BODY) - 1}/{len(BODY)}"} if begin else {}
    handler.send(body, status=206 if begin else 200, length=len(BODY) - begin, ETag=etag, **more)


def test_a_plain_download(tmp_path):
    with serving(lambda handler: handler.send(BODY)) as server:
        download(server.url("x.zip"), tmp_path / "x.part", progress=SILENT)
    assert (tmp_path / "x.part").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["x.part"]


def test_broken_connections_are_continued_where_they_ended(tmp_path):
    with serving(lambda handler: ranges(handler, cut_after=300_000)) as server:
        download(server.url("x.zip"), tmp_path / "x.part", progress=SILENT)
    assert (tmp_path / "x.part").read_bytes() == BODY
    asked = [headers.get("Range") for headers in server.seen]
    assert asked == [None, "bytes=300000-", "bytes=600000-", "bytes=900000-"]


def test_what_another_process_left_is_continued(tmp_path):
    target = tmp_path / "x.part"
    with (
        serving(lambda handler: handler.send(BODY[:1000], length=len(BODY), ETag='"v1"')) as server,
        pytest.raises(DownloadFailed, match=r"ended after 1,000 of 1,024,000 bytes, 5 times"),
    ):
        download(server.url("x.zip"), target, progress=SILENT)
    assert target.read_bytes() == BODY[:1000]
    with serving(ranges) as server:
        download(server.url("x.zip"), target, progress=SILENT)
    assert server.seen[0]["Range"] == "bytes=1000-"
    assert target.read_bytes() == BODY


def test_a_file_that_changed_meanwhile_is_fetched_anew(tmp_path):
    target = tmp_path / "x.part"
    target.write_bytes(b"old")
    target.with_name("x.part.validator").write_text('"v0"')
    with serving(ranges) as server:
        download(server.url("x.zip"), target, progress=SILENT)
    assert target.read_bytes() == BODY


def test_a_part_of_unknown_origin_is_never_continued(tmp_path):
    target = tmp_path / "x.part"
    target.write_bytes(b"whatever")
    with serving(lambda handler: handler.send(BODY)) as server:
        download(server.url("x.zip"), target, progress=SILENT)
    assert "Range" not in server.seen[0]
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_fault_that_passes_is_tried_again(tmp_path, status):
    answers = iter([status, status])

    def behaviour(handler: Handler) -> None:
        code = next(answers, 200)
        handler.send(BODY if code == 200 else b"", status=code)

    with serving(behaviour) as server:
        download(server.url("x.zip"), tmp_path / "x.part", progress=SILENT)
    assert len(server.seen) == 3
    assert (tmp_path / "x.part").read_bytes() == BODY


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (403, 1), (500, 5)])
def test_a_fault_that_stays_ends_the_download(tmp_path, status, tries):
    with serving(lambda handler: handler.send(b"", status=status)) as server:
        with pytest.raises(DownloadFailed, match=f"the server answered {status}"):
            download(server.url("x.zip"), tmp_path / "x.part", progress=SILENT)
    assert len(server.seen) == tries


def test_a_server_that_is_not_there_ends_it_at_once(tmp_path):
    with pytest.raises(DownloadFailed, match="cannot be reached, it: Connection refused"):
        download("http://127.0.0.1:9/x.zip", tmp_path / "x.part", progress=SILENT)


def test_only_web_addresses_are_fetched(tmp_path):
    with pytest.raises(DownloadFailed, match="only http and https"):
        download("file:///etc/passwd", tmp_path / "x.part", progress=SILENT)
