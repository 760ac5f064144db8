"""The example plugin in tests/plugins/shop, and a log of its format."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

SHOP = Path(__file__).parent / "plugins/shop"


def shop_copy(folder: Path) -> Path:
    """A copy of the plugin that a test may change."""
    return Path(
        shutil.copytree(SHOP, folder / "my shop", ignore=shutil.ignore_patterns("__pycache__"))
    )


def write_shop_log(path: Path, carts: int = 120) -> None:
    """Carts that overlap in time; in every tenth a payment is tried again and again."""
    rng = random.Random(1)
    lines = []
    for cart in range(carts):
        said = [f"opened by customer {rng.randrange(99)}"]
        said += [f"added item {rng.randrange(99)} for 3.50"] * rng.randrange(1, 3)
        said += ["checked out"]
        if cart % 10 == 9:
            said[1:1] = [f"payment {rng.randrange(99)} timed out, trying again"] * 6
        for place, text in enumerate(said):
            second = 8 * 3600 + 30 * cart + 7 * place
            verdict = "fault" if "timed out" in text else "ok"
            lines.append((second, f"cart-{cart}|{verdict}|{text}"))
    path.write_text(
        "".join(f"2026-03-01 {_clock(second)}|{text}\n" for second, text in sorted(lines))
    )


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
