"""Whoever parses a log, threads or tasks of Ray, and into however many shards it is cut: one result."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from anomalog_exp.data.build_config import BuildConfig
from anomalog_exp.data.parsers.base import Parser
from anomalog_exp.data.reading.blocks import read_blocks
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.reading.engines import parsed_log
from anomalog_exp.data.reading.parsed import ParsedBlock, Reading, SharedCategories
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.data.templates.masking import Masker
from anomalog_exp.data.templates.pinning import masker_of
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.progress import SILENT
from tests.clusters import cluster, ray_user
from tests.composed import composed

RECORDS = "^(?P<Date>[0-9]{4}) (?P<Level>[A-Z]+) (?P<Content>.*)$"
SYSTEMS = {"HDFS": "hdfs", "BGL": "bgl", "OpenStack": "openstack"}
ANY_LOG = ["dataset.source.path=x", "dataset.label_reader=null"]


Driver = Callable[..., Any]
"""Calls a function, with its arguments, where a cluster of Ray is joined."""


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Iterator[Driver]:
    """A process that has joined a cluster: what Ray asks of the environment, it asks once."""
    pytest.importorskip("ray", reason="needs the extra ray")
    with ray_user(tmp_path_factory.mktemp("home")) as user, cluster(user) as address:
        context = get_context("spawn")
        with ProcessPoolExecutor(1, context, initializer=join, initargs=(user, address)) as process:
            yield lambda call, *args: process.submit(call, *args).result(timeout=60)


def join(user: dict[str, str], address: str) -> None:
    os.environ.update(user)
    import ray

    ray.init(address, log_to_driver=False)


def by(engine: str, shards: int | None = None) -> BuildConfig:
    return BuildConfig.of({"engine": engine, "shards": shards, "address": "local", "workers": None})


def files_of(
    folder: Path, paths: Sequence[Path], build: BuildConfig, overrides: Sequence[str], block: int
) -> dict[str, bytes]:
    """Every file of the data set, built with the values of messages."""
    config = composed(*overrides)
    raw = LocalDirSource(tuple(paths), None, folder / "data").materialise(SILENT)
    into = folder / f"{build.engine}-{build.shards}"
    into.mkdir()
    build_dataset(
        config.dataset.model_copy(update={"build": build}),
        config.template,
        raw,
        into,
        facts=dict,
        progress=SILENT,
        parameters=True,
        block_bytes=block,
    )
    return {
        str(path.relative_to(into)): path.read_bytes()
        for path in sorted(into.rglob("*"))
        if path.is_file()
    }


def equal_by_all(
    driver: Driver, folder: Path, paths: Sequence[Path], overrides: Sequence[str], block: int
) -> None:
    expected = files_of(folder, paths, by("local"), overrides, block)
    assert {"manifest.json", "entity.npy", "template.npy", "parameter.npy"} <= expected.keys()
    for shards in (1, 2, 7):
        found = driver(files_of, folder, paths, by("ray", shards), overrides, block)
        assert found == expected


@pytest.mark.parametrize(
    ("system", "lines"),
    [("HDFS", "[301,1502]"), ("HDFS", "null"), ("BGL", "null"), ("OpenStack", "null")],
)
def test_real_logs(driver, tmp_path, shared_data, system, lines):
    overrides = [f"dataset={SYSTEMS[system]}", "dataset/source=local_dir", *ANY_LOG]
    log = shared_data / "loghub_2k" / system / f"{system}_2k.log"
    equal_by_all(driver, tmp_path, [log], [*overrides, f"dataset.line_range={lines}"], 30_000)


def test_records_of_several_lines_in_files_of_several_encodings(driver, tmp_path):
    lines = ["at frame", "2024 INFO start café 17", "\tat café.java:1", "", "2024 WARN lost 4", "}"]
    paths = []
    for number, encoding in enumerate(["utf-8", "utf-16", "latin-1", "utf-8-sig"]):
        paths.append(tmp_path / f"{number}.log")
        text = "\r\n".join((lines[number:] + lines) * 40)
        paths[-1].write_bytes(text.encode(encoding))
    with paths[0].open("ab") as file:
        file.write(b"\n2024 INFO not UTF-8: \xf7\n")
    overrides = ["dataset=custom", *ANY_LOG, f"dataset.structured_parser.regex='{RECORDS}'"]
    equal_by_all(driver, tmp_path, paths, [*overrides, "dataset.max_unparsed_fraction=1"], 300)


def test_fields_that_make_events_and_labels_by_a_pattern(driver, tmp_path):
    log = tmp_path / "a.log"
    log.write_text(
        "".join(
            f'{{"message": "GET {number} {"failed" * (number % 7 == 0)}", "status": {number % 5}}}\n'
            for number in range(500)
        )
    )
    overrides = ["dataset=custom", "dataset/structured_parser=json", "dataset.source.path=x"]
    overrides += ["template.with_fields=[status]"]
    overrides += ["dataset.label_reader={name: pattern, pattern: failed}"]
    equal_by_all(driver, tmp_path, [log], overrides, 2_000)


class Mortal(Parser):
    """Lines are messages; the process that is the first to read one ends as by `kill -9`."""

    reads_times = False

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        try:
            self._mark.touch(exist_ok=False)
        except FileExistsError:
            return pl.DataFrame({"message": lines})
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Forgetful(Parser):
    """It gives fewer rows than there are lines."""

    reads_times = False

    def parse(self, lines: pl.Series) -> pl.DataFrame:
        return pl.DataFrame({"message": lines[1:]})


def any_masker() -> Masker:
    return masker_of(composed("template=identity", "template.masking=none").template)


def parts_of(
    log: Path, parser: Parser, build: BuildConfig, gone: bool = False
) -> list[ParsedBlock]:
    categories = SharedCategories(*(pl.Categorical(pl.Categories.random()) for _ in range(2)))
    alive = [pl.Series([""]).cast(category) for category in categories]
    blocks = list(read_blocks([log], 10))
    if gone:
        log.unlink()
    parts = list(parsed_log(blocks, Reading(parser, any_masker()), categories, build, 40))
    del alive
    return parts


@pytest.fixture
def log(tmp_path) -> Path:
    path = tmp_path / "a.log"
    path.write_text("one line\n" * 12)
    return path


def test_a_task_whose_process_is_killed_runs_again(driver, tmp_path, log):
    parts = driver(parts_of, log, Mortal(tmp_path / "mark"), by("ray", 4))
    assert (tmp_path / "mark").exists()
    assert [part.counts["rows"] for part in parts] == [2] * 6
    assert len({part.shape[0] for part in parts}) == 1


def test_a_parser_that_breaks_its_contract_is_named_as_by_threads(driver, log):
    said = []
    for engine in ("local", "ray"):
        with pytest.raises(DataError, match="rows") as error:
            driver(parts_of, log, Forgetful(), by(engine))
        said.append(str(error.value))
    assert said[0] == said[1]
    assert len(said[0].splitlines()) == 4


def test_a_worker_that_does_not_see_the_log_says_so(driver, log):
    with pytest.raises(DataError, match=r"a worker on \S+ does not see this file") as error:
        driver(parts_of, log, Forgetful(), by("ray"), True)
    assert f"  value:   {log}" in str(error.value)


def test_a_member_of_a_sweep_by_ray_does_not_wait_for_tasks_of_ray(driver, log):
    with pytest.raises(
        ConfigError, match="a member of a sweep that Ray runs cannot build"
    ) as error:
        driver(within_a_task, log)
    assert str(error.value).startswith("dataset.build.engine: ")


def within_a_task(log: Path) -> list[ParsedBlock]:
    from ray import get, remote
    from ray.exceptions import RayTaskError

    try:
        return get(remote(parts_of).remote(log, Forgetful(), by("ray")))
    except RayTaskError as error:
        raise error.cause from None


@pytest.mark.parametrize(
    ("reads", "build", "notice"),
    [
        ("lines", {}, None),
        ("lines", {"engine": "ray", "shards": 3, "workers": 2}, None),
        ("lines", {"engine": "ray", "shards": 3, "address": "auto"}, None),
        ("sessions", {}, None),
        (
            "sessions",
            {"engine": "ray"},
            "dataset.build.engine=ray does nothing here: Ray parses logs of lines, not session files",
        ),
        (
            "lines",
            {"shards": 3, "workers": 2},
            "dataset.build.shards=3, dataset.build.workers=2 without effect: "
            "dataset.build.engine=local uses threads of this process",
        ),
        (
            "sessions",
            {"address": "auto"},
            "dataset.build.address=auto without effect: "
            "dataset.build.engine=local uses threads of this process",
        ),
        (
            "lines",
            {"engine": "ray", "address": "head:6379", "workers": 2},
            "dataset.build.workers=2 without effect: the cluster at head:6379 has its own",
        ),
    ],
)
def test_what_does_nothing_for_a_data_set_is_said(reads, build, notice):
    assert by("local").model_copy(update=build).without_effect(reads) == notice
