"""Records of tables whose quoted fields hold lines."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.sources.base import Input, RawFiles
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.progress import SILENT
from tests.composed import composed
from tests.logs import built

PLAIN = ["template=identity", "template.masking=none", "dataset.max_unparsed_fraction=1"]
HEAD = "time,message,level"


@cache
def config_of(option: str, *overrides: str) -> RunConfig:
    chosen = ["dataset=custom", "dataset.source.path=x", f"dataset/structured_parser={option}"]
    return composed(*chosen, *PLAIN, *overrides)


def read(folder: Path, lines: list[str], option: str = "csv", size: int = 1 << 20) -> LogDataset:
    (folder / "app.csv").write_text("\n".join(lines) + "\n")
    return built(config_of(option), folder / "app.csv", folder / f"built-{size}", block_bytes=size)


def read_all(folder: Path, *names: str) -> LogDataset:
    paths = [folder / name for name in names]
    raw = RawFiles(folder, paths[0], tuple(Input(path, path.name, path) for path in paths))
    (into := folder / "built").mkdir()
    config = config_of("csv")
    build_dataset(
        config.dataset, config.template, raw, into, facts=lambda: {"digest": "x"}, progress=SILENT
    )
    return open_dataset(into, paths)


def messages(dataset: LogDataset) -> list[str]:
    return [dataset.templates[code] for code in dataset.template]


def at(second: int) -> str:
    return f"2024-05-06T07:08:{second:02d}Z"


@pytest.mark.parametrize("size", [1, 40, 1 << 20])
@pytest.mark.parametrize(("option", "mark"), [("csv", ","), ("tsv", "\t")])
def test_a_quoted_field_of_several_lines_is_one_event(tmp_path, option, mark, size):
    log = [
        HEAD,
        f"{at(1)},start,INFO",
        f'{at(2)},"failed: ""no, such""',
        "\tat a.B(C.java:1),x",
        "",
        'end",ERROR',
        f"{at(3)},done,INFO",
    ]
    dataset = read(tmp_path, [line.replace(",", mark) for line in log], option, size)
    trace = f'failed: "no{mark} such"\n\tat a.B(C.java:1){mark}x\n\nend'
    assert messages(dataset) == ["start", trace, "done"]
    assert dataset.line.tolist() == [1, 2, 6]
    assert dataset.level.tolist() == [2, 5, 2]
    counts = {
        name: dataset.manifest[f"lines_{name}"] for name in ("continued", "unparsed", "empty")
    }
    assert counts == {"continued": 2, "unparsed": 0, "empty": 1}
    assert dataset.continued(np.array([1]), 4)[1][0].startswith("\tat a.B")


@pytest.mark.parametrize("size", [1, 40, 1 << 20])
def test_several_fields_of_a_record_may_hold_lines(tmp_path, size):
    log = [HEAD, f'{at(1)},"a', 'b","c', "d", 'e"', f"{at(2)},next,INFO"]
    dataset = read(tmp_path, log, size=size)
    assert messages(dataset) == ["a\nb", "next"]


@pytest.mark.parametrize("size", [1, 40, 1 << 20])
def test_a_stray_quote_costs_nothing_else(tmp_path, size):
    log = [HEAD, f'{at(1)},"stray,INFO', f"{at(2)},next,INFO", 'x" y', f'{at(3)},"last",INFO']
    dataset = read(tmp_path, log, size=size)
    assert messages(dataset) == ['"stray', "next", "last"]
    assert dataset.manifest["lines_unparsed"] == 1


def test_a_quote_inside_a_field_opens_nothing(tmp_path):
    log = [HEAD, f'{at(1)},5" disk,INFO', f'{at(2)},the "x,INFO']
    assert messages(read(tmp_path, log)) == ['5" disk', 'the "x']


def test_a_log_without_the_separator_is_no_table(tmp_path):
    with pytest.raises(
        ConfigError, match=r"separator: the line that names the columns has none: 'no table at all'"
    ):
        read(tmp_path, ["no table at all", "nor here"])
    assert messages(read(tmp_path, ["message", "one", '"two', 'three"'], size=2)) == [
        "one",
        "two\nthree",
    ]


def test_files_that_name_other_columns_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{at(1)},one,INFO\n")
    (tmp_path / "b.csv").write_text(f"time,level,message\n{at(2)},INFO,two\n")
    with pytest.raises(DataError, match=r"names other columns than .*a\.csv: time,level,message"):
        read_all(tmp_path, "a.csv", "b.csv")


def test_files_behind_the_first_may_have_no_header_or_the_same(tmp_path):
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{at(1)},one,INFO\n")
    (tmp_path / "b.csv").write_text(f"{at(2)},two,INFO\n")
    (tmp_path / "c.csv").write_text(f"\n{HEAD}\n{at(3)},three,INFO\n")
    assert messages(read_all(tmp_path, "a.csv", "b.csv", "c.csv")) == ["one", "two", "three"]
