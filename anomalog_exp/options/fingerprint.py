"""Fingerprints: SHA-256 over the canonical JSON of a payload, equal for equal content."""

from __future__ import annotations

import hashlib
import json

__all__ = ["canonical_json", "stable_fingerprint"]


def canonical_json(payload: object) -> str:
    """JSON with sorted keys and no spaces; NaN and infinity are refused.

    Raises:
        TypeError: something in the payload is not JSON.
        ValueError: a float is not finite.
    """
    return json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def stable_fingerprint(payload: object) -> str:
    """64 hex digits that name the payload."""
    return hashlib.sha256(canonical_json(payload).encode()).hexdigest()
