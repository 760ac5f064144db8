"""What detectors that are neural networks share: one training loop, and the bases of their families.

A network is a `torch.nn.ModuleDict` of PyTorch's own layers, which the detector builds in `layers`, so
that a detector stays one file. PyTorch is imported where a network is built: without it everything else
works.
"""
