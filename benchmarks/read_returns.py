"""Read a million episodes of SSDA903 returns: seconds, and memory at its highest (wanted: 20 s, 2 GiB).

The test sample's returns (`tests/data/ssda903-la300`, six years) are repeated with new identifiers of children and other postcodes, days moved by a
few weeks, until there are so many rows; written as one file a table, or as a folder a year. They are read in a process of its own, so that memory is
of nothing else.

    python benchmarks/read_returns.py [--episodes 1000000] [--layout single|years]
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SAMPLE = Path(__file__).parents[1] / "tests" / "data" / "ssda903-la300" / "regional"


def made(folder: Path, episodes: int, layout: str) -> int:
    """Write returns and return how many rows of episodes they hold."""
    tables = {name: pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, keep_default_na=False) for name in ("episodes", "header")}
    times = -(-episodes // len(tables["episodes"]))
    for name, table in tables.items():
        dates = {column: pd.to_datetime(table[column], errors="coerce") for column in {"DECOM", "DEC", "DOB"} & set(table.columns)}
        parts = []
        for copy in range(times):
            part = table.assign(CHILD=table["CHILD"] + f"{copy:05d}")
            back = pd.Timedelta(days=copy % 29)
            for column, days in dates.items():
                part[column] = (days - back).dt.strftime("%Y-%m-%d").fillna("")
            if "HOME_POST" in part:
                part["HOME_POST"] = [f"AB{copy % 90 + 1} {n % 10}CD" for n in range(len(part))]
            parts.append(part)
        whole = pd.concat(parts, ignore_index=True)
        if layout == "single":
            whole.to_csv(folder / f"{name}.csv", index=False)
        else:
            for year, rows in whole.groupby("YEAR"):
                (folder / year).mkdir(exist_ok=True)
                rows.drop(columns=["LA", "YEAR"]).to_csv(folder / year / f"{name}.csv", index=False)
    return times * len(tables["episodes"])


def read(folder: str) -> None:
    """Read returns and print seconds, GiB, children and stays."""
    from calibration.ssda903 import read_ssda903

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, processor = time.perf_counter(), time.process_time()
    records = read_ssda903(folder)
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = f"{len(records.children):,} children, {len(records.stays):,} stays"
    print(f"{seconds:.1f} s ({processor:.1f} s of a processor), {most / 1024**2:.2f} GiB at most ({before / 1024**2:.2f} before): {told}")


def main() -> None:
    """Make returns and read them in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=1_000_000)
    parser.add_argument("--layout", choices=("single", "years"), default="years")
    parser.add_argument("--read", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        read(asked.read)
        return
    with tempfile.TemporaryDirectory() as there:
        rows = made(Path(there), asked.episodes, asked.layout)
        megabytes = int(np.ceil(sum(path.stat().st_size for path in Path(there).rglob("*.csv")) / 1e6))
        print(f"{rows:,} episodes in returns of {megabytes} MB, layout {asked.layout}", flush=True)
        subprocess.run([sys.executable, __file__, "--read", there], check=True)


if __name__ == "__main__":
    main()
