"""Figures as Vega-Lite specifications: plain JSON, drawn by the page's script or written as files.

A specification names neither width nor font: whoever draws it adds these (`page.js`, `files`).
"""
