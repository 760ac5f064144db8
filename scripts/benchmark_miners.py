"""How the time of template miners grows with messages that are like no other: the worst of logs.

    python scripts/benchmark_miners.py
    python scripts/benchmark_miners.py --only siblings --words 1000

Messages of eight random words. Seconds are those of the processor, in a process each; the last
column is how much longer the most messages take than half of them: 2 is linear.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence

_LENGTH = 8
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def random_messages(count: int, words: int) -> list[str]:
    """Messages over so many different words; 0: no word occurs twice."""
    rng = random.Random(0)

    def word() -> str:
        return "".join(rng.choices(_LETTERS, k=8))

    known = [word() for _ in range(words)]
    return [
        " ".join(rng.choice(known) if known else word() for _ in range(_LENGTH))
        for _ in range(count)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Mine, and print a row of each miner and number of words."""
    given = _parser().parse_args(arguments)
    if given.alone:
        print(*_alone(given.only[0], given.messages[0], given.words[0]))
        return
    sizes = [f"{count:,}" for count in given.messages]
    print(f"| miner | different words | {' | '.join(sizes)} | MB | last by last but one |")
    print("|" + "---|" * (len(sizes) + 4))
    for miner in given.only:
        for words in given.words:
            found = [_in_a_process(miner, count, words) for count in given.messages]
            seconds = " | ".join(f"{one:.1f} s" for one, _ in found)
            growth = found[-1][0] / found[-2][0] if len(found) > 1 else float("nan")
            kind = f"{words:,}" if words else "all"
            print(
                f"| {miner} | {kind} | {seconds} | {found[-1][1]:,.0f} | {growth:.2f} |", flush=True
            )


def _in_a_process(miner: str, count: int, words: int) -> tuple[float, float]:
    command = [sys.executable, __file__, "--alone", "--only", miner]
    command += ["--messages", str(count), "--words", str(words)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(said[0]), float(said[1])


def _alone(miner: str, count: int, words: int) -> tuple[float, float]:
    from anomalog_exp.config import load_run_config
    from anomalog_exp.data.templates.templates import Templates

    config = load_run_config([f"template={miner}"]).template
    messages = random_messages(count, words)
    begin = time.process_time()
    Templates.mine(messages, config)
    seconds = time.process_time() - begin
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--messages", nargs="+", type=int, default=[25_000, 50_000, 100_000, 200_000]
    )
    parser.add_argument("--words", nargs="+", type=int, default=[0, 1000, 50], help="0: all differ")
    parser.add_argument("--only", nargs="+", default=["siblings", "drain", "spell"], help="miners")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
