"""Built data sets, kept: one folder per fingerprint, built once whoever asks first.

The fingerprint covers the bytes of the source and everything that decides how they are read, the code
of this package's `data` included. A build goes into a folder of its own and is renamed when whole, so
a killed build leaves nothing that could be taken for a data set; others wait for one builder.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from filelock import FileLock

from anomalog_exp.config.dataset import DatasetVariantConfig
from anomalog_exp.config.fingerprint import stable_fingerprint
from anomalog_exp.config.options import option_type
from anomalog_exp.data.dataset import LogDataset, open_dataset
from anomalog_exp.data.digest import code_digest, remembered_sha256
from anomalog_exp.data.miners.base import TemplateMinerConfig
from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.sources.base import RawFiles
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
    memory = roots.cache_root / "digests.json"
    parser = dataset.structured_parser
    assert isinstance(parser, ParserConfig)
    template = _as_read(template)
    files = {str(path): remembered_sha256(path, memory, progress) for path in parser.raw_files(raw)}
    digests = list(files.values())
    label_digest = None
    if dataset.label_reader is not None:
        labels = dataset.label_reader.build().path(raw.root)
        label_digest = remembered_sha256(labels, memory, progress)

    reading = {
        "log": digests,
        "line_range": dataset.line_range,
        "labels": label_digest,
        "label_reader": dataset.model_dump(mode="json")["label_reader"],
        "structured_parser": dataset.structured_parser.model_dump(mode="json"),
        "max_unparsed_fraction": dataset.max_unparsed_fraction,
        "template": template.model_dump(mode="json"),
        "code": _reading_code(),
    }
    directory = roots.cache_root / stable_fingerprint(reading)[:16]
    if not directory.is_dir():
        facts = {
            "digest": stable_fingerprint({"log": digests, "labels": label_digest}),
            "dataset_name": dataset.dataset_name,
            "source": dataset.source_summary(),
            "raw_log": {
                "path": str(raw.log),
                "bytes": raw.log.stat().st_size,
                "sha256": remembered_sha256(raw.log, memory, progress),
            },
            "files_sha256": files,
            "labels_sha256": label_digest,
            "structured_parser": reading["structured_parser"],
            "template": reading["template"],
        }
        _build_once(dataset, template, raw, directory, facts, progress)
    return open_dataset(directory, raw.log)


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
    dataset: DatasetVariantConfig,
    template: TemplateMinerConfig,
    raw: RawFiles,
    directory: Path,
    facts: dict[str, object],
    progress: Progress,
) -> None:
    assert isinstance(dataset.structured_parser, ParserConfig)
    build = dataset.structured_parser.builder()
    with FileLock(directory.with_name(f".{directory.name}.lock")):
        if directory.is_dir():
            return
        building = directory.with_name(f".building-{directory.name}")
        shutil.rmtree(building, ignore_errors=True)  # what a killed build left
        building.mkdir(parents=True)
        _LOG.info("building %s from %s", dataset.dataset_name, raw.log)
        try:
            build(dataset, template, raw, building, facts=facts, progress=progress)
            building.rename(directory)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def _reading_code() -> str:
    root = Path(__file__).parent
    return code_digest(root.rglob("*.py"), root)
