"""Make calibration/data/care_pattern.csv: what the fit to published figures implies of leaving care, moving and coming in.

    python benchmarks/care_pattern.py

One large authority of each region is simulated with the baseline; its synthetic returns of five years are read and estimated together. About a minute
for each, once kernels are compiled.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from calibration.care_pattern import FILE, pattern_of, write_pattern
from calibration.ssda903 import read_ssda903
from carecurve.synthesising import synthesise

AREAS = (
    "Newcastle upon Tyne", "Liverpool", "Leeds", "Nottinghamshire", "Sandwell", "Essex", "Lambeth", "Hampshire", "Bristol, City of",
)  # fmt: skip
YEARS = 5
HEAD = (
    "Derived: estimated by benchmarks/care_pattern.py from synthetic returns of nine authorities simulated with the baseline, whose pathway is "
    "fitted to published figures (Department for Education, Children looked after in England; docs/pathway.md). Positions as in sim/caseload.py."
)


def run() -> None:
    """Simulate, read, estimate, and write the file."""
    records = []
    with tempfile.TemporaryDirectory() as folder:
        for area in AREAS:
            there = Path(folder) / area.replace(" ", "_")
            synthesise("baseline", area, "2019-04", "2025-03", 1, "single", False, there, False)
            records.append(read_ssda903(there / "ssda903"))
            print(f"{area}: {len(records[-1].children):,} children", flush=True)
    write_pattern(pattern_of(records, YEARS), FILE, HEAD)
    print(f"Wrote {FILE.name}")


if __name__ == "__main__":
    run()
