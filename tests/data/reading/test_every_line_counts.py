"""Of every parser: a line of a file becomes a row or part of one, or the manifest says what it is."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomalog_exp.config import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.errors import DataError
from anomalog_exp.progress import SILENT
from tests.data.parsers.test_parser_contract import OF_LINES, OWN, config_of

GARBAGE = ["", " ", "\tat a.B(C.java:1)", '"', "}", "}{", "é", "a,b", '{"message":"cut']
KINDS = ("rows", "continued", "unparsed", "empty", "header", "without_message")


@dataclass(frozen=True)
class File:
    """How lines are written."""

    encoding: str
    ending: str
    compressed: bool
    closed: bool

    def write(self, path: Path, lines: list[str]) -> None:
        text = self.ending.join(lines) + self.ending * self.closed
        data = text.encode(self.encoding, errors="replace")
        path.write_bytes(gzip.compress(data) if self.compressed else data)


FILES = st.builds(
    File,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)


@cache
def base() -> RunConfig:
    any_share = ["dataset.max_unparsed_fraction=1", "template=identity", "template.masking=none"]
    return load_run_config(["dataset=custom", "dataset.source.path=x", *any_share])


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
@given(data=st.data(), files=st.lists(FILES, min_size=1, max_size=2), size=st.integers(1, 300))
def test_every_line_is_counted_once(tmp_path_factory, option, data, files, size):
    folder = tmp_path_factory.mktemp("files")
    own = OWN[option]
    lines = st.lists(st.sampled_from([*own, *own, *GARBAGE]), max_size=12)
    paths, total = [], 0
    for number, file in enumerate(files):
        whole = [own[0], *data.draw(lines), *own[-1:] * 5, own[1 % len(own)]]
        paths.append(folder / f"{number}.log{'.gz' * file.compressed}")
        file.write(paths[-1], whole)
        total += len(whole)
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
