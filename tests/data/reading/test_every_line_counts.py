"""Of every parser: a line of a file becomes a row or part of one, or the manifest says what it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.data.sources.piped import STDIN
from anomalog_exp.errors import DataError
from anomalog_exp.progress import SILENT
from tests.composed import composed
from tests.data.parsers.test_parser_contract import OF_LINES, OWN, config_of
from tests.data.sources.test_local_dir import PACKERS

GARBAGE = ["", " ", "\tat a.B(C.java:1)", '"', "}", "}{", "é", "a,b", '{"message":"cut']
KINDS = ("rows", "continued", "unparsed", "empty", "header", "without_message")


@dataclass(frozen=True)
class File:
    """How lines are written."""

    encoding: str
    ending: str
    packing: str | None
    closed: bool

    def bytes_of(self, lines: list[str]) -> bytes:
        text = self.ending.join(lines) + self.ending * self.closed
        data = text.encode(self.encoding, errors="replace")
        return data if self.packing is None else PACKERS[self.packing](data)


FILES = st.builds(
    File,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([None, *PACKERS]),
    st.booleans(),
)


@contextmanager
def standard_input(data: bytes) -> Iterator[None]:
    """These bytes, which a pipe holds without a reader."""
    kept, (read_end, write_end) = os.dup(0), os.pipe()
    try:
        os.write(write_end, data)
        os.close(write_end)
        os.dup2(read_end, 0)
        yield
    finally:
        os.dup2(kept, 0)
        os.close(read_end)
        os.close(kept)


@cache
def base() -> RunConfig:
    any_share = ["dataset.max_unparsed_fraction=1", "template=identity", "template.masking=none"]
    return composed("dataset=custom", "dataset.source.path=x", *any_share)


def read(option: str, paths: list[Path], folder: Path, size: int) -> LogDataset:
    raw = LocalDirSource(tuple(paths), None, folder / "data").materialise(SILENT)
    (into := folder / f"built-{size}").mkdir()
    dataset = base().dataset.model_copy(update={"structured_parser": config_of(option)})
    build_dataset(
        dataset, base().template, raw, into,
        facts=lambda: {"digest": "x"}, progress=SILENT, block_bytes=size,
    )  # fmt: skip
    return open_dataset(into, [one.path for one in raw.inputs])


@pytest.mark.parametrize("option", OF_LINES)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(
    data=st.data(),
    files=st.lists(FILES, min_size=1, max_size=2),
    piped=st.booleans(),
    size=st.integers(1, 300),
)
def test_every_line_is_counted_once(tmp_path_factory, option, data, files, piped, size):
    folder = tmp_path_factory.mktemp("files")
    own = OWN[option]
    lines = st.lists(st.sampled_from([*own, *own, *GARBAGE]), max_size=12)
    paths, written, total = [], [], 0
    for number, file in enumerate(files):
        whole = [own[0], *data.draw(lines), *own[-1:] * 5, own[1 % len(own)]]
        paths.append(folder / f"{number}.log")
        written.append(file.bytes_of(whole))
        paths[-1].write_bytes(written[-1])
        total += len(whole)
    if piped:
        paths[0] = STDIN
    with standard_input(written[0]) if piped else nullcontext():
        check_counts(size, option, paths, folder, total)


def test_a_block_without_a_readable_time_counts_as_the_file_does(tmp_path):
    """A quote behind a header opened a field where its block held no row."""
    header, row = OWN["tsv"]
    (first := tmp_path / "0.log").write_text("\n".join([header, *[row] * 6]))
    (second := tmp_path / "1.log").write_text("\n".join([header, '"', " ", *[row] * 6]))
    check_counts(1, "tsv", [first, second], tmp_path, 16)


def check_counts(size: int, option: str, paths: list[Path], folder: Path, total: int) -> None:
    found = []
    for one in (size, 1 << 20):
        try:
            dataset = read(option, paths, folder, one)
        except DataError as error:  # mostly garbage: nothing is built
            assert "do not match" in str(error) or "no row" in str(error)
            return
        manifest = dataset.manifest
        counts = {kind: manifest.get(f"lines_{kind}", 0) for kind in KINDS[1:]}
        counts["rows"] = manifest["rows"]
        assert manifest["lines_total"] == sum(one["lines"] for one in manifest["inputs"]) == total
        assert sum(counts.values()) == total
        messages = [dataset.templates[code] for code in dataset.template]
        found.append((counts, dataset.line.tolist(), messages, dataset.time_ms.tolist()))
    assert found[0] == found[1]
