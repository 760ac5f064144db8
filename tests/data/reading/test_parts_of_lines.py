"""Lines of containers that the runtime wrote in parts."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.dataset import LogDataset
from tests.composed import composed
from tests.logs import built


@cache
def config() -> RunConfig:
    chosen = ["dataset=custom", "dataset.source.path=x", "dataset/structured_parser=cri"]
    return composed(*chosen, "template=identity", "template.masking=none")


def read(folder: Path, lines: list[str], size: int = 1 << 20) -> LogDataset:
    (folder / "app.log").write_text("\n".join(lines) + "\n")
    return built(config(), folder / "app.log", folder / f"built-{size}", block_bytes=size)


def messages(dataset: LogDataset) -> list[str]:
    return [dataset.templates[code] for code in dataset.template]


def line(number: int, stream: str, tag: str, text: str) -> str:
    return f"2024-05-06T07:08:{number // 10 % 60:02d}.{number % 10}Z {stream} {tag} {text}"


@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_parts_are_joined_stream_by_stream(tmp_path, size):
    log = [
        line(0, "stdout", "F", "whole"),
        line(1, "stdout", "P", "one "),
        line(2, "stderr", "P:x", "an "),
        line(3, "stdout", "P", ""),
        line(4, "stderr", "F", "error"),
        line(5, "stdout", "F", "line"),
        line(6, "stdout", "F", "next"),
        "    of several lines",
        line(7, "stdout", "P", "cut"),
    ]
    dataset = read(tmp_path, log, size)
    assert messages(dataset) == [
        "whole",
        "one line",
        "an error",
        "next\n    of several lines",
        "cut",
    ]
    assert dataset.line.tolist() == [0, 1, 2, 6, 8]
    assert (dataset.time_ms % 1000).tolist() == [0, 100, 200, 600, 700]
    assert dataset.manifest["lines_continued"] == 4
    assert dataset.manifest["lines_unparsed"] == 0


def test_blocks_of_any_size_give_the_same_events(tmp_path):
    rng, log, events = random.Random(1), [], []
    open_at: dict[str, int] = {}
    for number in range(400):
        stream, tag = rng.choice(["stdout", "stdout", "stderr"]), rng.choice("FFP")
        if stream not in open_at:
            open_at[stream] = len(events)
            events.append("")
        events[open_at[stream]] += f"t{number}"
        if tag == "F":
            del open_at[stream]
        log.append(line(number, stream, tag, f"t{number}"))
    for size in (1, 300, 5000, 1 << 20):
        assert messages(read(tmp_path, log, size)) == events
