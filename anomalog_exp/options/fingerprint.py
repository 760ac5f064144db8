"""Fingerprints: SHA-256 over the canonical JSON of a payload, equal for equal content."""

from __future__ import annotations

import hashlib
import json

__all__ = ["canonical_json", "stable_fingerprint"]


def canonical_json(payload: object) -> str:
    """JSON with sorted keys and no spaces; NaN and infinity are refused.

    Examples:
        >>> canonical_json({"seed": 0, "model": {"order": 1}})
        '{"model":{"order":1},"seed":0}'

    Raises:
        TypeError: something in the payload is not JSON.
        ValueError: a float is not finite.
    """
    return json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def stable_fingerprint(payload: object) -> str:
    """64 hex digits that name the payload.

    Examples:
        >>> one = stable_fingerprint({"seed": 0, "order": 1})
        >>> len(one), one == stable_fingerprint({"order": 1, "seed": 0})
        (64, True)
    """
    return hashlib.sha256(canonical_json(payload).encode()).hexdigest()
