"""The code of a model: MLflow copies it beside the bundle, and runs it where the model is loaded.

It takes a table with a column `line`, one raw line of the log a row, and gives one record per sequence.
No pickle is in the model: this file is read as code, the bundle as data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel
from pandas import DataFrame  # here: MLflow reads the annotation

from anomalog_exp.errors import ConfigError, NotApplicable
from anomalog_exp.options.plugins import use_plugins
from anomalog_exp.results import Scorer, load_bundle

__all__ = ["BundleModel"]


class BundleModel(PythonModel):
    """A bundle as MLflow asks it."""

    def load_context(self, context: Any) -> None:
        if plugins := context.artifacts.get("plugins"):
            use_plugins(sorted(Path(plugins).iterdir()))
        self._scorer: Scorer = load_bundle(context.artifacts["bundle"])

    def predict(
        self, context: Any, model_input: DataFrame, params: dict[str, Any] | None = None
    ) -> list[dict[str, object]]:
        """The verdicts on raw lines, as records; see `Scorer.score`.

        Raises:
            MlflowException: the lines cannot be judged: a mistake of whoever asks, not of the server.
        """
        try:
            return self._scorer.score(model_input["line"].tolist()).to_dicts()
        except (ConfigError, NotApplicable) as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error


set_model(BundleModel())
