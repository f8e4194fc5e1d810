"""A figure's alternative text: what it shows in words, for who cannot see it; kept with the figure and written into its file."""

from __future__ import annotations

from matplotlib.figure import Figure

_KEPT_AS = "carecurve_alternative_text"


def described(figure: Figure, words: str) -> Figure:
    """Attach what a figure shows in words, its main numbers among them, and return the figure.

    Raises
    ------
    ValueError
        If there are no words.
    """
    words = " ".join(words.split())
    if not words:
        raise ValueError("a picture needs words that say what it shows")
    setattr(figure, _KEPT_AS, words)
    return figure


def alternative_text(figure: Figure) -> str:
    """Return the words attached to a figure; nothing if it has none."""
    return getattr(figure, _KEPT_AS, "")
