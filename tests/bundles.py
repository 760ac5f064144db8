"""Bundles of small runs, made once in a process of the tests."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.options.fingerprint import stable_fingerprint
from tests.command import SMALL_DEMO

__all__ = ["bundle_of_demo", "demo_log", "resealed"]

_QUIET = ("tracking=none", "report.page=false", "evaluation.bootstrap_samples=0")


@cache
def bundle_of_demo(folder: Path, *overrides: str) -> Path:
    """The bundle of a run on the demo log, in a folder of its own below `folder`."""
    output = Path(mkdtemp(dir=folder))
    paths = [f"paths.output_dir={output}", f"paths.data_dir={folder / 'data'}"]
    config = load_run_config(
        [SMALL_DEMO, *_QUIET, *paths, f"paths.cache_dir={folder / 'cache'}", *overrides]
    )
    return Path(run(config).run_dir) / "bundle"


def demo_log(folder: Path) -> Path:
    """The log that `bundle_of_demo` has read."""
    (log,) = (folder / "data").rglob("HDFS.log")
    return log


def resealed(bundle: Path) -> Path:
    """The same bundle with digests of its files as they are now, as whoever changes them can write."""
    path = bundle / "bundle.json"
    manifest = json.loads(path.read_text())
    files = [one for one in sorted(bundle.rglob("*")) if one.is_file() and one != path]
    manifest["files"] = {
        one.relative_to(bundle).as_posix(): {
            "bytes": one.stat().st_size,
            "sha256": hashlib.sha256(one.read_bytes()).hexdigest(),
        }
        for one in files
    }
    del manifest["seal"]
    path.write_text(json.dumps(manifest | {"seal": stable_fingerprint(manifest)}))
    return bundle
