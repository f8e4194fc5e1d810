"""Results folders for tests of the report: invented numbers in real shapes, and one of a few real runs."""

from dataclasses import replace
from pathlib import Path

import experiment_sample
import pandas as pd

import carecurve as cc
from carecurve import api
from carecurve.api import further_tables, on_terms
from outputs.appraisal import Terms
from outputs.store import write
from scenarios.loading import load
from sim.results import Comparison

TEN = ("Bolton", "Bury", "Manchester", "Oldham", "Rochdale", "Salford", "Stockport", "Tameside", "Trafford", "Wigan")
YEARS = tuple(range(2025, 2036))
SCENARIOS = {"baseline": 100.0, "early-help": 98.0, "regional-care-cooperative": 99.0}  # level of every measure


def invented(areas=TEN, runs=30, years=YEARS, scenarios=SCENARIOS, **about) -> Comparison:
    """Return an invented comparison with what a manifest says of a real one."""
    found = []
    for key, level in scenarios.items():
        one = experiment_sample.results(key, level, 1e6 if key == "baseline" else 1.02e6, areas, runs, years)
        checks = [{"check": "made_up", "holds": True, "worst": 0.0, "allowed": 0.0, "runs": runs, "meaning": "nothing is counted twice"}]
        more = {
            "texts": load(key).texts,
            "hash": key,
            "engine": "fast",
            "effects": "drawn",
            "fitted_draws": 0,
            "until": f"{years[-1]}-03",
            "checks": checks,
        }
        found.append(replace(one, metadata={**one.metadata, **more, **about}))
    label = "Greater Manchester" if len(areas) > 1 else areas[0]
    told = {"area_label": label, "grossing": {}, "note": "", "missing_members": [], "versions": {"carecurve": "0"}, "kernels": "0"}
    return Comparison(found[0], tuple(found[1:]), told)


def folder_of(comparison: Comparison, path: Path) -> Path:
    """Write a comparison's folder with every table the command writes."""
    terms = Terms()
    return write(on_terms(comparison, terms), path, more=further_tables(comparison, terms))


def real(path: Path, *reforms: str, runs: int = 3, engine: str = "fast", until: str = "2029-03", areas: str = "Rutland") -> Path:
    """Run a small comparison and write its folder."""
    return api.save(cc.compare("baseline", *reforms, area=areas, runs=runs, until=until, engine=engine), path)


def table(folder: Path, name: str) -> pd.DataFrame:
    """Read a table of a folder, years as text."""
    return pd.read_csv(folder / name, dtype={"year_ending": str})
