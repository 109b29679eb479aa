"""Plots as SVG: numbers in, markup out. Colours and widths are classes of the style sheet; no scripts."""
