"""Bundles: what a run has learned, kept so that other logs can be judged with it.

The folder holds `bundle.json` (how to read and group, what trained, versions, and a digest of every
other file), `templates.json`, and the judge of `detection/judge.py`. All of it is JSON and plain arrays,
but for scikit-learn's estimators, which skops reads by the names of trusted types: loading runs no code
of the bundle's. A file that is not as `bundle.json` says is not read.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from anomalog_exp import __version__
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.config.settings import BundleConfig
from anomalog_exp.data.digest import sha256_for_file
from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.sources.named_files import named_files
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.detection.archives import MOST_BYTES
from anomalog_exp.detection.judge import Judge
from anomalog_exp.errors import ConfigError, DataError
from anomalog_exp.files import write_json, write_text
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.foreign import MOST_JSON, foreign_json
from anomalog_exp.options.listing import open_option
from anomalog_exp.results.bundle_manifest import MANIFEST, BundleManifest, LogReading
from anomalog_exp.results.likeness import halves_likeness
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

__all__ = ["Bundle", "bundle_of", "read_bundle", "write_bundle"]

_TEMPLATES: Final = "templates.json"
_JUDGE: Final = "judge"
_FORMAT: Final = 1
_ESTIMATORS: Final = f"{_JUDGE}/estimators.skops"
_MOST_BYTES: Final = {
    _TEMPLATES: MOST_JSON,
    f"{_JUDGE}/model.json": MOST_JSON,
    f"{_JUDGE}/values.json": MOST_JSON,
    f"{_JUDGE}/arrays.npz": MOST_BYTES,
    f"{_JUDGE}/weights.safetensors": MOST_BYTES,
    _ESTIMATORS: MOST_BYTES,
}
"""The files of a bundle, and the size of each beyond which it was made to fill memory."""

_MOST_MANIFEST: Final = 1 << 24
_VERSION: Final = re.compile(r"\d[\w.+-]{0,40}")


@dataclass(frozen=True, eq=False)
class Bundle:
    """What a run has learned.

    Attributes:
        directory: Where it is.
        digest: SHA-256 of its manifest, which names the content of all its files.
        manifest: How to read and group, and what trained.
        templates: To match messages with.
        judge: The fitted detector with its thresholds.
    """

    directory: Path
    digest: str
    manifest: BundleManifest
    templates: Templates
    judge: Judge

    @property
    def bytes(self) -> int:
        """The size of all its files."""
        return sum(file.bytes for file in self.manifest.files.values())

    def run_config(self, settings: RunConfig, name: str | None = None) -> RunConfig:
        """The config of a run that judges a log with this bundle.

        Args:
            settings: Says which log, and everything that the bundle has no word on.
            name: Of the run; None names it after the one that trained.

        Raises:
            ConfigError: the values of the bundle do not make a run.
        """
        reading = self.manifest.dataset
        dataset = settings.dataset.model_copy(update={**dict(reading), "preset": None})
        if reading.structured_parser.reads == "sessions":
            dataset = dataset.model_copy(
                update={"structured_parser": _as_sessions(settings, reading)}
            )
        return RunConfig.of(
            settings.model_dump(mode="python")
            | {
                "name": name or f"score-{self.manifest.name}",
                "dataset": dataset,
                "sequence": self.manifest.sequence,
                "split": {"name": "test_only"},
                "template": self.templates.config,
                "model": self.judge.config,
                "seed": self.manifest.seed,
                "bundle": {"path": str(self.directory), "digest": self.digest},
            }
        )


def write_bundle(
    directory: Path, config: RunConfig, fingerprint: str, sequences: SequenceSet, judge: Judge
) -> None:
    """Keep what a run has learned, in a folder that is not there.

    Args:
        directory: Where it goes.
        config: Of the run.
        fingerprint: Of its config.
        sequences: All its sequences.
        judge: Fitted on those that train.
    """
    judge.save(directory / _JUDGE)
    write_text(directory / _TEMPLATES, sequences.dataset.mined.to_json())
    train = sequences.part(Split.TRAIN)
    halves = halves_likeness(train)
    described = config.model_dump(mode="json")
    manifest = {
        "format": _FORMAT,
        "name": config.name,
        "fingerprint": fingerprint,
        "version": __version__,
        "scikit_learn": importlib.metadata.version("scikit-learn"),
        "dataset": {key: described["dataset"][key] for key in LogReading.model_fields},
        "sequence": described["sequence"],
        "seed": config.seed,
        "trained": {
            "sequences": len(train),
            "events": int(train.may_train.sum()),
            **{f"halves_{name}": value for name, value in asdict(halves).items()},
        },
        "files": {name: _kept(path) for name, path in _files(directory).items()},
    }
    write_json(directory / MANIFEST, manifest | {"seal": stable_fingerprint(manifest)})


def bundle_of(config: RunConfig) -> Bundle | None:
    """The bundle that a config names; None where a detector is to be fitted.

    Raises:
        DataError: it cannot be read, or it is not the one that the config means.
    """
    named: BundleConfig | None = config.bundle
    if named is None:
        return None
    bundle = read_bundle(named.path)
    if bundle.digest != named.digest:
        raise DataError.of(
            "bundle",
            named.path,
            problem="this is another bundle than the one that this run was typed for",
            allowed=f"the bundle whose {MANIFEST} has the SHA-256 {named.digest}",
            fix="put that one back, or type `score` again",
        )
    return bundle


def read_bundle(path: Path) -> Bundle:
    """The bundle in a folder, or in that of a run.

    Raises:
        ConfigError: there is none, its files are not as they were written, or this version cannot use
            it.
    """
    directory = path.absolute()
    if (directory / "bundle" / MANIFEST).is_file():
        directory = directory / "bundle"
    file = directory / MANIFEST
    if not file.is_file():
        _refuse(
            directory,
            f"it has no {MANIFEST}" if directory.is_dir() else "there is no such folder",
            "name the folder that a run prints as `run dir`, or the folder `bundle` in it",
        )
    values = _manifest_values(file)
    _refuse_other_versions(file, values)
    try:
        manifest = BundleManifest.of(values, MANIFEST)
    except ConfigError as error:
        _refuse(file, str(error).splitlines()[0])
    if stable_fingerprint({key: values[key] for key in values.keys() - {"seal"}}) != manifest.seal:
        _refuse(file, "it is not as it was written: its seal does not fit")
    _refuse_changed(directory, manifest)
    try:
        templates = Templates.from_state(foreign_json(directory / _TEMPLATES))
    except (ValueError, OSError) as error:
        if isinstance(error, ConfigError):
            raise
        _refuse(directory / _TEMPLATES, f"it holds no templates ({error})")
    judge = Judge.load(directory / _JUDGE)
    return Bundle(directory, sha256_for_file(file), manifest, templates, judge)


def _manifest_values(file: Path) -> dict[str, Any]:
    try:
        values = foreign_json(file, _MOST_MANIFEST)
    except (OSError, ValueError) as error:
        _refuse(file, f"it cannot be read ({error})")
    if not isinstance(values, dict):
        _refuse(file, "it holds no object")
    return values


def _refuse_other_versions(file: Path, values: Mapping[str, Any]) -> None:
    """See that this version can use what another one has kept."""
    if values.get("format") != _FORMAT:
        _refuse(
            file,
            f"its format is {values.get('format')!r}, and this version reads format {_FORMAT}",
            "train again with this version, or use the version that wrote it "
            f"({_version(values.get('version'))})",
        )
    installed, kept = (
        importlib.metadata.version("scikit-learn"),
        _version(values.get("scikit_learn")),
    )
    files = values.get("files")
    if (
        isinstance(files, dict)
        and _ESTIMATORS in files
        and kept.split(".")[:2] != installed.split(".")[:2]
    ):
        _refuse(
            file,
            f"scikit-learn {kept} has fitted its detector, and {installed} is installed: nobody "
            "promises that this one scores as that one did",
            f"pip install scikit-learn=={kept}, or train again",
        )


def _version(value: Any) -> str:
    """A version that may stand in a command that somebody is told to type."""
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else "?"


def _refuse_changed(directory: Path, manifest: BundleManifest) -> None:
    """See that every file is there and as it was written, and that there are no others."""
    there = _files(directory)
    if other := sorted(set(there) ^ set(manifest.files)):
        what = "is missing" if other[0] in manifest.files else "is no part of it"
        _refuse(directory / other[0], what)
    for name, kept in manifest.files.items():
        path = there[name]
        size = path.stat().st_size
        if name not in _MOST_BYTES:
            _refuse(path, "is no part of a bundle")
        if size > _MOST_BYTES[name]:
            _refuse(path, f"it has {size:,} bytes, and {_MOST_BYTES[name]:,} is the most")
        if size != kept.bytes or sha256_for_file(path) != kept.sha256:
            _refuse(path, "it is not as it was written: size and digest do not fit")


def _files(directory: Path) -> dict[str, Path]:
    """The files of a bundle but for its manifest, by their places in it.

    Raises:
        DataError: something there is neither a file nor the folder of the judge: a link, a pipe.
    """
    found = {}
    if not (directory / _JUDGE).is_dir():
        _refuse(directory / _JUDGE, "is missing")
    for folder in (directory, directory / _JUDGE):
        for path in sorted(folder.iterdir()):
            name, kind = path.relative_to(directory).as_posix(), path.lstat().st_mode
            if stat.S_ISREG(kind):
                found[name] = path
            elif not (stat.S_ISDIR(kind) and name == _JUDGE):
                _refuse(path, "it is no file")
    found.pop(MANIFEST, None)
    return found


def _kept(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256_for_file(path)}


def _as_sessions(settings: RunConfig, reading: LogReading) -> ParserConfig:
    """The parser of session files for those that the source names, of which nobody knows a label."""
    path = settings.dataset.source.model_dump()["path"]
    logs = named_files([path] if isinstance(path, Path) else path, None, "dataset.source.path")
    # Relative to what the source takes as its root: the one folder that holds all of them.
    root = os.path.commonpath([log.absolute().parent for log in logs])
    files = [
        {"path": os.path.relpath(log.absolute(), root), "split": "test", "label": None}
        for log in logs
    ]
    values = reading.structured_parser.model_dump(mode="json") | {"files": files}
    parser = open_option("dataset/structured_parser", values)
    assert isinstance(parser, ParserConfig)
    return parser


def _refuse(
    path: Path, problem: str, fix: str = "take the bundle as the run wrote it, or train again"
) -> NoReturn:
    raise DataError.of(
        "bundle",
        path,
        problem=problem,
        allowed=f"a folder as a run keeps it: {MANIFEST} and the files that it names",
        fix=fix,
    )
