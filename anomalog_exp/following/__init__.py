"""Following a log that grows: findings are written as its sequences are complete.

What reads, masks, matches and judges is what a run uses. Here is what comes of time: files that are
rotated, records and sequences that are not complete yet, and a state that outlives the process.
"""

from anomalog_exp.following.follow import follow
from anomalog_exp.following.options import FollowOptions

__all__ = ["FollowOptions", "follow"]
