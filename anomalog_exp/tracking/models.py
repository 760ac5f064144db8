"""What a run has learned as a model that MLflow registers and serves: logged once, fetched again.

A model holds the bundle, the code that asks it (no pickle: MLflow's "models from code"), this package as
it was, as no index of packages has it, and the versions of the packages that it needs. It is pending
until all of it is there: a process that is killed meanwhile leaves one that the next goes on with.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import requires, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from filelock import FileLock

from anomalog_exp.config.settings import MlflowTrackingConfig
from anomalog_exp.data.digest import sha256_for_file
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.groups import conf_dir, package_dir
from anomalog_exp.results.bundle_manifest import MANIFEST
from anomalog_exp.results.read import StoredRun
from anomalog_exp.tracking.address import address_of, local_store
from anomalog_exp.tracking.schema import make_current
from anomalog_exp.tracking.store import reached, set_up_mlflow

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.tracking import MlflowClient

__all__ = ["fetched_bundle", "is_model_address", "log_model_once"]

_ADDRESSES: Final = ("models:/", "runs:/")
_BUNDLE: Final = "bundle"
_PLUGINS: Final = "plugins"
_CODE: Final = Path(__file__).with_name("served_model.py")
_EXAMPLE_LINES: Final = 3
_NOT_COPIED: Final = ("__pycache__", "local")
"""Folders: `conf/local` holds the settings of a machine."""


def log_model_once(client: MlflowClient, experiment: str, run_id: str, stored: StoredRun) -> None:
    """Log the bundle of a run as a model of its MLflow run, unless that has it.

    Args:
        client: Of the store, which is ours alone, or of a server.
        experiment: Of the run.
        run_id: The MLflow run.
        stored: The run dir; one without a bundle has no model.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    if not (stored.paths.bundle_dir / MANIFEST).is_file():
        return
    of_the_run = f"source_run_id = '{run_id}'"
    models = client.search_logged_models([experiment], of_the_run)
    if any(model.status == LoggedModelStatus.READY for model in models):
        return
    model = (
        models[0]
        if models
        else client.create_logged_model(
            experiment,
            name=stored.config.model.name,
            source_run_id=run_id,
            tags={"bundle": sha256_for_file(stored.paths.bundle_dir / MANIFEST)},
        )
    )
    outputs = client.get_run(run_id).outputs
    known = outputs.model_outputs or [] if outputs else []
    if model.model_id not in [one.model_id for one in known]:
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    _remove_half_copied(model.artifact_location)
    with TemporaryDirectory(prefix="anomalog_exp-") as name:
        folder = Path(name)
        _save(folder, stored, model, run_id)
        client.log_model_artifacts(model.model_id, str(folder / "model"))
    # Where the answer to create_logged_model is lost, it is asked again, and there are two.
    for other in client.search_logged_models([experiment], of_the_run):
        if other.model_id != model.model_id:
            client.delete_logged_model(other.model_id)
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)


def _save(folder: Path, stored: StoredRun, model: Any, run_id: str) -> None:
    """Make the model's folder, `model`, in an empty one."""
    from mlflow import pyfunc
    from mlflow.models import Model

    config = stored.config
    artifacts = {_BUNDLE: str(stored.paths.bundle_dir)}
    for number, plugins in enumerate(config.plugins):
        _copied(plugins, folder / _PLUGINS / str(number))
        artifacts[_PLUGINS] = str(folder / _PLUGINS)
    pyfunc.save_model(
        str(folder / "model"),
        mlflow_model=Model(
            artifact_path=model.artifact_location,
            run_id=run_id,
            model_uuid=model.model_id,
            model_id=model.model_id,
        ),
        python_model=str(_CODE),
        artifacts=artifacts,
        code_paths=_code(folder / "code"),
        signature=_signature(),
        input_example=_example(stored),
        pip_requirements=_requirements(config.model.packages),
    )


def _copied(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_NOT_COPIED, "outputs", ".*"))


def _code(folder: Path) -> list[str]:
    """This package with its configuration and its plugin for Hydra, laid out as in a checkout."""
    package = package_dir("anomalog_exp")
    _copied(package, folder / package.name)
    if not conf_dir().is_relative_to(package):
        _copied(conf_dir(), folder / "conf")
    (folder / "hydra_plugins").mkdir()
    for file in (package.parent / "hydra_plugins").glob("anomalog_exp_*.py"):
        shutil.copy(file, folder / "hydra_plugins")
    return [str(path) for path in sorted(folder.iterdir())]


def _requirements(more: tuple[str, ...]) -> list[str]:
    """What this package and a detector need, each as `name==version`."""
    declared = [one for one in requires("anomalog-exp") or [] if "extra ==" not in one]
    names = [re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in declared]
    return [f"{name}=={version(name)}" for name in [*names, *more]]


def _signature() -> ModelSignature:
    """One text a row in; the columns of `Scorer.score` out."""
    from mlflow.models import ModelSignature
    from mlflow.types.schema import Array, ColSpec, DataType, Object, Property, Schema

    whole, number, text = DataType.long, DataType.double, DataType.string
    reason = Object([Property("evidence", text), Property("weight", number)])
    columns: list[Any] = [
        ColSpec(whole, "sequence"),
        ColSpec(text, "entity", required=False),
        ColSpec(text, "place", required=False),
        ColSpec(Array(Array(whole)), "line_ranges"),
        ColSpec(whole, "events"),
        ColSpec(whole, "first_time_ms", required=False),
        ColSpec(whole, "last_time_ms", required=False),
        ColSpec(whole, "label", required=False),
        ColSpec(number, "score"),
        ColSpec(DataType.boolean, "predicted"),
        ColSpec(DataType.boolean, "abstained", required=False),
        ColSpec(Array(reason), "explanation"),
        ColSpec(number, "threshold"),
    ]
    return ModelSignature(Schema([ColSpec(text, "line")]), Schema(columns))


def _example(stored: StoredRun) -> Any:
    """A few raw lines of the log, of the highest score."""
    from pandas import DataFrame

    findings = (stored.findings or {}).get("sequences", [])
    lines = [line["text"] for one in findings[:1] for line in one["lines"]]
    return DataFrame({"line": lines[:_EXAMPLE_LINES] or [""]})


def _remove_half_copied(location: str) -> None:
    """What a killed process has copied of a model; a server that keeps the files takes them whole."""
    place = urlsplit(location)
    if place.scheme == "file":
        shutil.rmtree(url2pathname(place.path), ignore_errors=True)


def is_model_address(text: str) -> bool:
    """Whether a text names a model: `models:/NAME/VERSION`, `models:/NAME@ALIAS`, `runs:/ID/NAME`."""
    return text.startswith(_ADDRESSES)


def fetched_bundle(address: str, settings: MlflowTrackingConfig, cache_dir: Path) -> Path:
    """The bundle of a model, copied to this machine.

    Args:
        address: Of the model; see `is_model_address`.
        settings: The store or the server that has it.
        cache_dir: Below it the copy stays, as the run dir of what it judges names it.

    Raises:
        ConfigError: there is no such model, or it is none of this program.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    copies = cache_dir / "bundles"
    copies.mkdir(parents=True, exist_ok=True)
    with _read(settings), TemporaryDirectory(prefix=".", dir=copies) as name:
        try:
            inside = f"{address.rstrip('/')}/artifacts/{_BUNDLE}"
            bundle = Path(download_artifacts(artifact_uri=inside, dst_path=name))
            digest = sha256_for_file(bundle / MANIFEST)
        except (MlflowException, OSError) as error:
            raise ConfigError.of(
                "BUNDLE",
                address,
                problem=f"no bundle comes from there ({str(error).partition(chr(10))[0][:300]})",
                allowed="the address of a model that a run with tracking.log_model=true has left",
                fix="look it up in MLflow (python -m anomalog_exp ui); tracking.uri=... or "
                "tracking.store=... names another place",
            ) from error
        kept = copies / digest[:16]
        with FileLock(copies / f".{kept.name}.lock"):
            if _digests(kept) != _digests(bundle):
                shutil.rmtree(kept, ignore_errors=True)
                bundle.rename(kept)
    return kept


def _digests(folder: Path) -> dict[str, str]:
    """The digest of each file, by its place in the folder; none of one that is not there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256_for_file(path) for path in files}


@contextmanager
def _read(settings: MlflowTrackingConfig) -> Iterator[None]:
    """MLflow's own functions ask the place that the settings name.

    Raises:
        ConfigError: it is not there, or does not answer.
    """
    set_up_mlflow()
    import mlflow

    place = local_store(settings)
    if place is not None and not place.is_file():
        raise ConfigError.of(
            "tracking.store",
            place,
            problem="there is no store of MLflow",
            allowed="the SQLite file that runs are mirrored to",
            fix="name it with tracking.store=..., or a server with tracking.uri=...",
        )
    if place is not None:
        with FileLock(place.resolve().with_name(f".{place.resolve().name}.lock")):
            make_current(place.resolve())
    address = address_of(settings)
    with reached(address):
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
        yield
