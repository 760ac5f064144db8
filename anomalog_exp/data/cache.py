"""Built data sets, kept: one folder per fingerprint, built once whoever asks first.

The fingerprint covers the bytes of the source and everything that decides how they are read, the code
of this package's `data` included. A build goes into a folder of its own and is renamed when whole, so
a killed build leaves nothing that could be taken for a data set; others wait for one builder.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.digest import (
    Digests,
    FollowingSha256,
    code_digest,
    file_identity,
    plugin_digests,
)
from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.reading.build import build_dataset
from anomalog_exp.data.reading.build_sessions import build_session_dataset
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.options.fingerprint import stable_fingerprint
from anomalog_exp.options.listing import option_type
from anomalog_exp.progress import Progress

__all__ = ["load_dataset"]

_LOG = logging.getLogger(__name__)


def load_dataset(
    dataset: DatasetVariantConfig,
    template: TemplateMinerConfig,
    *,
    data_dir: Path,
    cache_dir: Path,
    progress: Progress,
) -> LogDataset:
    """The data set as columns, built now if no build of it is kept.

    Raises:
        DataError: the source, its labels or its lines cannot be used.
    """
    roots = dataset.roots(data_dir=data_dir, cache_dir=cache_dir)
    raw = dataset.source.build(data_root=roots.data_root).materialise(progress)
    parser = dataset.structured_parser
    digests = Digests(roots.cache_root / "digests.json")
    labels = None
    if dataset.label_reader is not None:
        labels = digests.of(dataset.label_reader.build().path(raw.root), progress)
    # Of a log whose like was never seen nothing can be kept: it is hashed while it is built.
    new = (
        parser.reads == "lines" and dataset.line_range is None and not digests.may_be_known(raw.log)
    )
    files = {
        str(path): file_identity(path) if new else digests.of(path, progress)
        for path in parser.raw_files(raw)
    }
    wanted = _Wanted(dataset, _as_read(template), raw, roots.cache_root, files, labels)
    if not wanted.directory.is_dir():
        _build_once(wanted, parser, digests, progress, new=new)
    return open_dataset(wanted.directory, raw.log)


@dataclass
class _Wanted:
    """A data set that is asked for.

    Attributes:
        files: Paths of raw files and their digests; the identity of a file that is not hashed yet.
        labels: Digest of the file of labels, if there is one.
    """

    dataset: DatasetVariantConfig
    template: TemplateMinerConfig
    raw: RawFiles
    cache_root: Path
    files: dict[str, str]
    labels: str | None

    @property
    def directory(self) -> Path:
        """Where it is kept."""
        described = self.dataset.model_dump(mode="json")
        reading = {
            "log": list(self.files.values()),
            "labels": self.labels,
            "template": self.template.model_dump(mode="json"),
            "code": _reading_code(self.dataset, self.template),
            **{key: described[key] for key in _DECIDES_READING},
        }
        return self.cache_root / stable_fingerprint(reading)[:16]

    def facts(self, log_digest: str) -> dict[str, Any]:
        """What the manifest says of the source."""
        digests = {"log": list(self.files.values()), "labels": self.labels}
        log = self.raw.log
        return {
            "digest": stable_fingerprint(digests),
            "dataset_name": self.dataset.dataset_name,
            "source": self.dataset.source_summary(),
            "raw_log": {"path": str(log), "bytes": log.stat().st_size, "sha256": log_digest},
            "files_sha256": self.files,
            "labels_sha256": self.labels,
            "structured_parser": self.dataset.structured_parser.model_dump(mode="json"),
            "template": self.template.model_dump(mode="json"),
        }


_BUILDERS = {"lines": build_dataset, "sessions": build_session_dataset}
_DECIDES_READING = ("line_range", "label_reader", "structured_parser", "max_unparsed_fraction")


def _as_read(template: TemplateMinerConfig) -> TemplateMinerConfig:
    """How messages are read before splits exist: unmined, where training rows alone are mined."""
    if template.fit_on == "all":
        return template
    options = {"name": "identity", "masking": template.masking, "fit_on": "all"}
    masks = [mask.model_dump() for mask in template.extra_masks]
    unmined = option_type("template", "identity").of(options | {"extra_masks": masks})
    assert isinstance(unmined, TemplateMinerConfig)
    return unmined


def _build_once(
    wanted: _Wanted, parser: ParserConfig, digests: Digests, progress: Progress, *, new: bool
) -> None:
    key, log = wanted.directory, wanted.raw.log
    with FileLock(key.with_name(f".{key.name}.lock")):
        if new and (known := digests.known(log)) is not None:
            # Built by another process while this one waited.
            wanted.files[str(log)], new = known, False
        if wanted.directory.is_dir():
            return
        building = key.with_name(f".building-{key.name}")
        shutil.rmtree(building, ignore_errors=True)  # what a killed build left
        building.mkdir(parents=True)
        _LOG.info("building %s from %s", wanted.dataset.dataset_name, log)
        build: Callable[..., None] = _BUILDERS[parser.reads]
        log_digest = partial(digests.of, log, progress)
        if new:
            following = FollowingSha256(log)
            build = partial(build, follow=following.follow)
            log_digest = partial(_learn_digest, wanted, digests, following)
        try:
            build(
                wanted.dataset,
                wanted.template,
                wanted.raw,
                building,
                facts=lambda: wanted.facts(log_digest()),
                progress=progress,
            )
            _rename(building, wanted.directory)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def _learn_digest(wanted: _Wanted, digests: Digests, following: FollowingSha256) -> str:
    log, sha256 = wanted.raw.log, following.hexdigest()
    digests.remember(log, wanted.files[str(log)], sha256)
    wanted.files[str(log)] = sha256
    return sha256


def _rename(building: Path, directory: Path) -> None:
    try:
        building.rename(directory)
    except OSError:
        if not directory.is_dir():  # built meanwhile of the same bytes at another path
            raise


def _reading_code(dataset: DatasetVariantConfig, template: TemplateMinerConfig) -> str | list[str]:
    """Of this package's room, and of the plugins that a parser or miner comes from."""
    root = Path(__file__).parent
    own = code_digest(root.rglob("*.py"), root)
    return [own, *plugins] if (plugins := plugin_digests(dataset, template)) else own
