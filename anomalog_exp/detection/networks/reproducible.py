"""PyTorch set up so that the same work gives the same numbers, and put back as it was."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from anomalog_exp.errors import ConfigError

__all__ = ["BLOCK", "device_of", "in_blocks", "reproducible"]

BLOCK = 256
"""Items that are scored at once."""


@contextmanager
def reproducible(seed: int, threads: int) -> Iterator[None]:
    """Random numbers from a seed, deterministic algorithms, and so many threads, for what is inside.

    Sums depend on how many threads share them: the same number gives the same bytes on one machine.
    """
    before = torch.get_num_threads()
    # Unlike `use_deterministic_algorithms`, which sets the same, it does not import the compiler.
    deterministic = torch.get_deterministic_debug_mode()
    filled = torch.utils.deterministic.fill_uninitialized_memory
    # Without it cuBLAS has no deterministic matrix products; it is read when a GPU is first used.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        torch.set_deterministic_debug_mode("error")
        # Nothing here reads memory before it writes it.
        torch.utils.deterministic.fill_uninitialized_memory = False
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)
            torch.set_deterministic_debug_mode(deterministic)
            torch.utils.deterministic.fill_uninitialized_memory = filled


def device_of(name: str) -> torch.device:
    """The device of `model.device`.

    Raises:
        ConfigError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ConfigError.of(
            "model.device",
            name,
            problem=f"PyTorch cannot compute there: {str(error).splitlines()[0]}",
            allowed="auto, cpu, or a device of PyTorch that is there, as cuda or cuda:1",
            fix="leave it out: auto takes a GPU where there is one",
        ) from error
    return device


def in_blocks(
    outputs: Callable[[torch.Tensor], torch.Tensor], items: int, device: torch.device
) -> Iterator[tuple[slice, torch.Tensor]]:
    """What a network makes of many items, some at a time: which ones, and their outputs.

    Every block has the same size, and the last is filled up: matrix products round by how many rows
    there are, and what comes of an item must not depend on how many others there are.

    Args:
        outputs: From (block,) int64 indices of items to outputs, one for each.
        items: How many there are.
        device: Where indices are to be.
    """
    with torch.no_grad():
        for start in range(0, items, BLOCK):
            index = torch.arange(start, start + BLOCK, device=device).clamp_(max=items - 1)
            stop = min(start + BLOCK, items)
            yield slice(start, stop), outputs(index)[: stop - start]
