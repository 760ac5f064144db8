"""Detectors that are neural networks. Extra: deep."""
