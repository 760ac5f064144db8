"""Work that others do side by side, threads or processes, whose results come in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

__all__ = ["Pool", "in_order"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Awaited = TypeVar("_Awaited", covariant=True)


class _Pending(Protocol[_Awaited]):
    def result(self) -> _Awaited: ...


class Pool(Protocol):
    """Who does the work: a `ThreadPoolExecutor`, or what is asked in the same way."""

    def submit(self, work: Callable[[_Item], _Result], item: _Item, /) -> _Pending[_Result]:
        """Begin with an item; its result can be waited for."""


def in_order(
    pool: Pool,
    work: Callable[[_Item], _Result],
    items: Iterable[_Item],
    ahead: int,
) -> Iterator[_Result]:
    """Results in the order of the items, of which at most `ahead` are under way beside the next one."""
    waiting: deque[_Pending[_Result]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
