"""What a launcher can be asked for, checked before a sweep writes anything.

Hydra creates a launcher of whatever the config says: without a worker the sweep would wait for ever.
"""

from __future__ import annotations

from omegaconf import DictConfig

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.extras import extra_named

__all__ = ["check_launcher", "launcher_class"]


def launcher_class(launcher: DictConfig) -> str:
    """The class of a launcher, without its module.

    Args:
        launcher: The launcher's config.
    """
    return str(launcher.get("_target_")).rpartition(".")[2]


def check_launcher(launcher: DictConfig) -> None:
    """Refuse what would run no member; launchers that are not ours to know check themselves.

    Args:
        launcher: The launcher's config.

    Raises:
        ConfigError: no worker is asked for, or a number is none.
        MissingExtra: the launcher needs a package that is not installed.
    """
    name = launcher_class(launcher)
    if name == "RayLauncher":
        with extra_named("hydra/launcher", "ray"):
            import ray  # noqa: F401
        _check_whole(launcher, "cores_per_member", least=1)
        _check_whole(launcher, "retries", least=0)
    if name in ("JoblibLauncher", "RayLauncher") and (
        not isinstance(launcher.n_jobs, int) or launcher.n_jobs == 0
    ):
        raise ConfigError.of(
            "hydra.launcher.n_jobs",
            launcher.n_jobs,
            problem="nobody would run the members",
            allowed="1 and more, or -1 for one per core",
            fix="leave it out for one per core",
        )


def _check_whole(launcher: DictConfig, key: str, *, least: int) -> None:
    value = launcher[key]
    if not isinstance(value, int) or value < least:
        raise ConfigError.of(
            f"hydra.launcher.{key}",
            value,
            problem="it is no number of what it counts",
            allowed=f"{least} and more",
            fix=f"leave it out; conf/hydra/launcher/ray.yaml says what {key} does",
        )
