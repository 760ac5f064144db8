"""Names of MLflow's runs: they start with what differs, as lists of runs cut names off.

A member of a sweep is named by what the sweep is over, `markov · window 10 · seed 1`. A run alone is
named by its detector, its log and what else was typed, `markov on app.log · window 10`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

__all__ = ["member_name", "name_alone", "varied_keys"]

_BETWEEN: Final = " · "
_LONGEST: Final = 200
_GROUPS: Final = ("dataset", "sequence", "split", "template", "model", "experiment")
_NOT_TOLD: Final = ("name", "description", "force", "write_predictions", "plugins")
_NOT_TOLD_IN: Final = ("paths.", "tracking", "sweep.", "hydra", "dataset.source", "report.")
_ENDINGS: Final = ("_size", "_count", "_name")


def member_name(overrides: Sequence[str], swept: Sequence[str]) -> str:
    """The name of a member by its overrides, of those keys that its sweep varies."""
    return _BETWEEN.join(_told(one) for one in overrides if _key(one) in swept)[:_LONGEST]


def varied_keys(members: Sequence[Sequence[str]]) -> list[str]:
    """The keys whose values differ between members, by their overrides, in their order.

    What a sweep was typed as cannot be read again where secrets were taken out of it.
    """
    settings = [{_key(one): one for one in overrides} for overrides in members]
    keys = dict.fromkeys(key for one in settings for key in one)
    return [key for key in keys if len({one.get(key) for one in settings}) > 1]


def name_alone(config: dict[str, Any], overrides: Sequence[str]) -> str:
    """The name of a run by its config, as plain values, and what was typed."""
    dataset = config["dataset"]
    source = dataset["source"]
    own_file = source["name"] == "local_path"
    log = Path(str(source["path"])).name if own_file else dataset["name"]
    typed = [override for override in overrides if _is_worth_telling(override)]
    return _BETWEEN.join([f"{config['model']['name']} on {log}", *map(_told, typed)])[:_LONGEST]


def _is_worth_telling(override: str) -> bool:
    """Whether it says something that detector and log do not, and that results depend on."""
    key = _key(override)
    in_front = ("model", "dataset", "experiment")
    return not (key in in_front or key in _NOT_TOLD or key.startswith(_NOT_TOLD_IN))


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")


def _told(override: str) -> str:
    """`sequence.window_size=10` as `window 10`; of an option of a group its name is enough."""
    key, value = _key(override), override.partition("=")[2]
    word = key.replace("/", ".").rpartition(".")[2]
    for ending in _ENDINGS:
        word = word.removesuffix(ending)
    value = value.strip("'\"")
    return value if key in _GROUPS or "/" in key else f"{word.replace('_', ' ')} {value}"
