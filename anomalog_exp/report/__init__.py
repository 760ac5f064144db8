"""Pages and figures, made from run dirs and sweep folders alone: they can be made again at any time."""
