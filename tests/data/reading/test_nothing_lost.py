"""Whatever the format, the encoding, the files, the way they come and the blocks: each line counts once."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.data.sources.piped import STDIN, pipe_name
from anomalog_exp.progress import SILENT
from tests.composed import composed

REGEX = "^(?P<Date>[0-9]{4}) (?P<Level>[A-Z]+) (?P<Content>.*)$"
LINE = re.compile(r"[0-9]{4} [A-Z]+ (.*)")
KINDS = {
    "records by the format": ([f"dataset.structured_parser.regex='{REGEX}'"], LINE),
    "records by a pattern": (
        [
            f"dataset.structured_parser.regex='{REGEX}'",
            "dataset.structured_parser.multiline.starts_with='2024|at'",
        ],
        re.compile(r"2024|at"),
    ),
    "line by line": (
        [f"dataset.structured_parser.regex='{REGEX}'", "dataset.structured_parser.multiline=null"],
        None,
    ),
}
LINES = st.sampled_from(
    [
        "2024 INFO start",
        "2024 WARN café",
        "2024 INFO ",
        "1999 INFO old",
        "at frame",
        "\tat café.java:1",
        "",
        "}",
    ]
)
PACKED = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
}
FILES = st.lists(
    st.tuples(
        st.lists(LINES, max_size=12),
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"]),
        st.sampled_from([*PACKED, "a pipe"]),
        st.booleans(),  # a newline at the end
    ),
    min_size=1,
    max_size=3,
)


@cache
def config_of(kind: str) -> RunConfig:
    most = ["dataset.max_unparsed_fraction=1", "template=identity", "template.masking=none"]
    return composed("dataset=custom", "dataset.source.path=x", *KINDS[kind][0], *most)


@dataclass
class Expected:
    """What a slow reader finds, line by line."""

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("total", "empty", "unparsed", "continued", "without_message"), 0
        )
    )
    rows: list[tuple[int, str]] = field(default_factory=list)
    places: dict[int, str] = field(default_factory=dict)


def slowly_read(files: list[tuple[str, list[str]]], begins: re.Pattern[str] | None) -> Expected:
    expected = Expected()
    counts = expected.counts
    for name, lines in files:
        record: list[str] | None = None
        found: list[tuple[int, list[str]]] = []
        for number, line in enumerate(lines, 1):
            expected.places[counts["total"]] = f"{name}:{number}"
            if not line:
                counts["empty"] += 1
            elif begins is None or begins.match(line):
                matched = LINE.fullmatch(line)
                record = [matched[1] if matched else line]
                if matched:
                    found.append((counts["total"], record))
                else:
                    counts["unparsed"] += 1
            elif record is None:
                counts["unparsed"] += 1
            else:
                counts["continued"] += 1
                record.append(line)
            counts["total"] += 1
        for number, record in found:
            message = "\n".join(part for part in record if part)
            if message:
                expected.rows.append((number, message))
            else:
                counts["without_message"] += 1
    return expected


def read(config: RunConfig, paths: list[Path], folder: Path, block_bytes: int) -> LogDataset:
    raw = LocalDirSource(tuple(paths), None, folder / "data").materialise(SILENT)
    into = folder / f"built-{block_bytes}"
    into.mkdir()
    build_dataset(
        config.dataset, config.template, raw, into,
        facts=lambda: {"digest": "x"}, progress=SILENT, block_bytes=block_bytes,
    )  # fmt: skip
    return open_dataset(into, [one.path for one in raw.inputs])


@contextmanager
def named_pipe(path: Path, data: bytes) -> Iterator[None]:
    """A pipe through which these bytes come once."""
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[data], daemon=True)
    writer.start()
    yield
    writer.join(timeout=10)


@contextmanager
def standard_input(data: bytes) -> Iterator[None]:
    """The same as the standard input of this process; the data must fit into a pipe."""
    earlier = os.dup(0)
    end, begin = os.pipe()
    os.write(begin, data)
    os.close(begin)
    os.dup2(end, 0)
    os.close(end)
    try:
        yield
    finally:
        os.dup2(earlier, 0)
        os.close(earlier)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@example(files=[(["}"], "utf-8", "a pipe", True)] * 2, stdin=True, block_bytes=9)
@given(files=FILES, stdin=st.booleans(), block_bytes=st.integers(1, 90))
def test_rows_and_lines_continued_unparsed_and_empty_are_the_lines_of_the_files(
    tmp_path_factory, kind, files, stdin, block_bytes
):
    folder = tmp_path_factory.mktemp("files")
    paths, written = [], []
    with ExitStack() as pipes:
        for number, (lines, encoding, comes_as, newline) in enumerate(files):
            whole = [*lines, *["2024 INFO done"] * (len(lines) + 1)]
            data = ("\n".join(whole) + "\n" * newline).encode(encoding)
            path = folder / f"{number}.log{comes_as if comes_as in PACKED else ''}"
            if stdin and number == 0:
                path = STDIN
                pipes.enter_context(standard_input(data))
            elif comes_as in PACKED:
                path.write_bytes(PACKED[comes_as](data))
            else:
                pipes.enter_context(named_pipe(path, data))
            paths.append(path)
            written.append((pipe_name(path), whole))
        expected = slowly_read(written, KINDS[kind][1])
        for size in (block_bytes, 1 << 20):
            dataset = read(config_of(kind), paths, folder, size)
            counts = {name: dataset.manifest[f"lines_{name}"] for name in expected.counts}
            assert counts == expected.counts
            assert counts["total"] == dataset.n_events + sum(
                counts[name] for name in counts if name != "total"
            )
            messages = [dataset.templates[code] for code in dataset.template]
            assert list(zip(dataset.line.tolist(), messages, strict=True)) == expected.rows
            shown = {line: str(dataset.place(line)) for line, _ in expected.rows}
            assert shown == {line: expected.places[line] for line in shown}
