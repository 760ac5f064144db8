"""A bundle in a program of one's own: lines or files in, a frame of verdicts out, nothing left on disk.

    bundle = load_bundle("outputs/demo-.../0123456789abcdef")
    bundle.score(["081109 203518 143 INFO dfs.DataNode: Receiving block blk_1 src: ...", ...])

Lines take the way of a log's file: they are written into a temporary folder, read, grouped and judged as
by the command `score`, whose rows these are. There is no run dir, and no tracker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.config.suggested import override_value
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.data.integrity import forget
from anomalog_exp.data.sources.local_dir import LocalDirSourceConfig
from anomalog_exp.detection.run import judge_sequences
from anomalog_exp.errors import DataError
from anomalog_exp.options.plugins import environment_plugins, plugin_folders
from anomalog_exp.progress import SILENT
from anomalog_exp.results.bundle import Bundle, read_bundle
from anomalog_exp.results.exports import with_places
from anomalog_exp.results.predictions import prediction_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Scorer", "load_bundle"]

_FILE: Final = "lines"
"""What the place of a line that stands in no file begins with."""


@dataclass(frozen=True, eq=False)
class Scorer:
    """A bundle that judges; several threads may ask one at once.

    Attributes:
        bundle: What a run has learned.
        settings: Everything on which a bundle has no word, as the configuration has it.
    """

    bundle: Bundle
    settings: RunConfig

    def score(self, log: str | Path | Sequence[str] | Sequence[Path] | pl.Series) -> pl.DataFrame:
        """Judge a log.

        Args:
            log: A file as a path or its text, a list of paths, or the lines themselves: a list of texts
                or a String series, an item for each line.

        Returns:
            One row per sequence, with the columns of `predictions.parquet`, the `place` of its first
            line (`lines:1` on, where the lines are given), and the `threshold` above which a score is
            predicted anomalous.

        Raises:
            DataError: the log cannot be read as that which trained, or an item is no line.
            NotApplicable: it holds nothing to judge.
        """
        with TemporaryDirectory(prefix="anomalog_exp-") as name:
            folder = Path(name)
            try:
                return self._verdicts(_files(log, folder / _FILE), folder)
            finally:
                forget(folder)

    def _verdicts(self, files: tuple[Path, ...], folder: Path) -> pl.DataFrame:
        import polars as pl

        source = LocalDirSourceConfig(name="local_dir", path=files, raw_logs_relpath=None)
        dataset = self.settings.dataset.model_copy(update={"source": source})
        config = self.bundle.run_config(self.settings.model_copy(update={"dataset": dataset}))
        log = load_dataset(
            config.dataset,
            config.template,
            data_dir=folder / "data",
            cache_dir=folder / "cache",
            progress=SILENT,
            parameters=config.reads_parameters,
            templates=self.bundle.templates,
        )
        judge = self.bundle.judge
        sequences = config.sequence.apply(log, config.split)
        summary = judge_sequences(judge, sequences, progress=SILENT)
        frame = with_places(prediction_table(summary), log.manifest)
        return frame.with_columns(pl.lit(judge.threshold).alias("threshold"))


def load_bundle(path: str | Path) -> Scorer:
    """The bundle in a folder, or in that of a run, ready to judge.

    Raises:
        ConfigError: there is none, its files are not as they were written, or this version cannot use
            it.
    """
    folders = plugin_folders() or environment_plugins()
    plugins = [f"plugins={override_value([*map(str, folders)])}"] if folders else []
    log = f"dataset.source.path={_FILE}"
    settings = load_run_config([*plugins, "dataset=custom", log, "tracking=none"])
    return Scorer(read_bundle(Path(path)), settings)


def _files(log: Any, file: Path) -> tuple[Path, ...]:
    """The files of a log; lines are written into `file`."""
    if isinstance(log, str | Path):
        return (Path(log),)
    if not isinstance(log, Iterable):
        raise _no_log(log, "this is no log")
    items = list(log)
    if items and all(isinstance(one, Path) for one in items):
        return tuple(items)
    file.write_bytes(b"".join(map(_line, items)))
    return (file,)


def _line(item: Any) -> bytes:
    """A line as a file has it; what an undecodable byte has become is that byte again."""
    if not isinstance(item, str):
        raise _no_log(item, "an item is no line")
    text = item.removesuffix("\n")
    if "\n" in text:
        raise _no_log(item, "an item is several lines")
    try:
        return f"{text}\n".encode(errors="surrogateescape")
    except UnicodeEncodeError as error:
        raise _no_log(item, f"an item is no text in UTF-8 ({error.reason})") from error


def _no_log(value: Any, problem: str) -> DataError:
    return DataError.of(
        "log",
        value,
        problem=problem,
        allowed="a path, a list of paths, or lines: a list of texts, each without a line break inside",
        fix="name the file, or give its lines as `text.splitlines()` does",
    )
