"""Matrices over sequences that detectors share."""
