"""The front door: `load`, `run`, `compare`, `forecast`, `save` and `open` for notebooks, and the command line in `carecurve.cli`.

    import carecurve as cc
    comparison = cc.compare("baseline", "early-help", region="greater-manchester")
    comparison.to_frame()

Nothing heavy is imported until it is used, so that `carecurve --help` answers at once.
"""

from typing import Any

__all__ = ["attribute", "compare", "diagrams", "forecast", "load", "open", "run", "save"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from carecurve import api

        return getattr(api, name)
    raise AttributeError(f"module 'carecurve' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
