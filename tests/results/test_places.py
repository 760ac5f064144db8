"""A log of several files, encodings and lines per record, as people see what came of it."""

from __future__ import annotations

import gzip
import json

import pytest

from anomalog_exp.config import load_run_config
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.progress import SILENT
from tests.reporting import page_in, places, run_of, words

FORMAT = "dataset.structured_parser.format='<Date> <Time> <Level> <Content>'"
TIMES = "dataset.structured_parser.time_format='%Y-%m-%d %H:%M:%S'"


def lines(begin: int, end: int) -> str:
    return "".join(
        f"2024-05-01 10:{i // 60 % 60:02d}:{i % 60:02d} INFO step {i} of größe\n"
        for i in range(begin, end)
    )


@pytest.fixture
def logs(tmp_path):
    """Two parts of a rotated log; the younger ends with a stack trace."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "app.log.1").write_bytes(gzip.compress(lines(0, 300).encode("utf-16")))
    trace = "2024-05-01 10:09:59 ERROR lost\nat shop.Pay\nat shop.Main\n"
    (folder / "app.log").write_bytes((lines(300, 599) + trace).encode("latin-1"))
    return folder


def test_a_finding_names_the_file_and_the_line_there(logs, tmp_path):
    given = ["dataset=custom", f"dataset.source.path={logs}", FORMAT, TIMES, "model=rarity"]
    stored = run_of(tmp_path, *given, "sequence=fixed", "sequence.window_size=1")
    text = stored.paths.anomalies_path.read_text(encoding="utf-8")
    wanted = "    app.log:300: 2024-05-01 10:09:59 ERROR lost\n        at shop.Pay\n        at shop.Main\n"
    assert wanted in text.split("#2")[0]
    (first, *_) = json.loads((stored.paths.run_dir / "findings.json").read_text())["sequences"]
    (line,) = first["lines"]
    shown = (line["number"], line["place"], line["source"], line["more"])
    assert shown == (599, "app.log:300", "app.log", ["at shop.Pay", "at shop.Main"])

    facts = stored.dataset_manifest["dataset"]
    assert facts["lines_total"] == 602 == facts["rows"] + facts["lines_continued"]
    found = [
        (one["name"], one["encoding"], one["compression"], one["lines"]) for one in facts["inputs"]
    ]
    assert found == [("app.log.1", "utf-16-le", "gzip", 300), ("app.log", "latin-1", None, 302)]

    page = page_in(stored.paths.run_dir)
    for expected in ("app.log:300", "at shop.Main", "app.log.1: utf-16-le", "2 of which continue"):
        assert expected in words(page.text)


def test_a_part_that_changes_is_read_again_and_the_order_is_part_of_the_data(logs, tmp_path):
    def load(path: str):
        config = load_run_config([*places(tmp_path), "dataset=custom", FORMAT, path])
        dirs = {"data_dir": config.paths.data_dir, "cache_dir": config.paths.cache_dir}
        return load_dataset(config.dataset, config.template, **dirs, progress=SILENT)

    name = "dataset.source.path"
    whole = load(f"{name}={logs}")
    assert load(f"{name}={logs}/app*").directory == whole.directory
    (logs / "other").write_bytes((logs / "app.log").read_bytes())
    swapped = load(f"{name}=[{logs}/other,{logs}/app.log.1]")
    assert swapped.digest != whole.digest
    assert [str(swapped.place(line)) for line in (0, 302)] == ["other:1", "app.log.1:1"]
    with (logs / "app.log").open("ab") as file:
        file.write(lines(600, 601).encode("latin-1"))
    assert load(f"{name}={logs}").n_events == whole.n_events + 1


@pytest.mark.parametrize(("first", "last"), [(0, 302), (299, 303), (300, 301), (0, 602)])
def test_a_range_of_lines_is_one_of_the_running_numbers(logs, tmp_path, first, last):
    given = ["dataset=custom", f"dataset.source.path={logs}", FORMAT]
    config = load_run_config([*places(tmp_path), *given, f"dataset.line_range=[{first},{last}]"])
    dirs = {"data_dir": config.paths.data_dir, "cache_dir": config.paths.cache_dir}
    dataset = load_dataset(config.dataset, config.template, **dirs, progress=SILENT)
    assert dataset.line.tolist() == list(range(first, min(last, 600)))
    shown = [str(dataset.place(line)) for line in dataset.line.tolist()]
    assert shown == [
        f"app.log.1:{line + 1}" if line < 300 else f"app.log:{line - 299}"
        for line in dataset.line.tolist()
    ]
    files = [dataset.sources[code] for code in dataset.source]
    assert [text.split(":")[0] for text in shown] == files
