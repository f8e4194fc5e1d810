"""Hostile and spoilt files: every kind is refused with a message that names the file, tells no cell, and leaves nothing behind."""

import os
import subprocess
import sys
import traceback
from collections import Counter
from pathlib import Path

import pytest
from hostile_files import HOSTILE, SECRET

from calibration.record_errors import RecordsError
from calibration.record_tables import read_tables

COUNTS = {"archive": 15, "path": 11, "XML": 25, "workbook": 22, "CSV": 23}
MOST_MIB = 1024  # of a process that reads them all: twice what the largest of them, 50 MB, is held as here and there


def tree(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_size for path in folder.rglob("*")}


@pytest.mark.unit
def test_counts_by_kind():
    assert Counter(kind for kind, _ in HOSTILE) == COUNTS


@pytest.mark.e2e
@pytest.mark.parametrize("case", HOSTILE, ids=" ".join)
def test_refused(case, tmp_path, monkeypatch, recwarn, caplog, capfd):
    given, here = tmp_path / "given", tmp_path / "here"
    given.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("TMPDIR", str(here))
    path, named = HOSTILE[case](given)
    before = tree(given)
    with pytest.raises(RecordsError) as refused:
        list(read_tables(path))
    message = str(refused.value)
    assert named.replace("\x1b", "?") in message
    assert message.isprintable()
    assert len(message) < 400
    warned = "".join(str(one.message) for one in recwarn)
    told = "".join(traceback.format_exception(refused.value)) + warned + caplog.text + "".join(capfd.readouterr())
    assert SECRET not in told
    assert "root:" not in told
    assert tree(given) == before
    assert tree(here) == {}


@pytest.mark.e2e
@pytest.mark.parametrize("kind", COUNTS)
def test_memory_and_time_stay_small(kind, tmp_path):
    script = f"""
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
from calibration.record_errors import RecordsError
from calibration.record_tables import read_tables
for folder in sorted(Path({str(tmp_path)!r}).iterdir()):
    try:
        list(read_tables((folder / "path").read_text()))
    except RecordsError:
        continue
    sys.exit(f"not refused: {{folder.name}}")
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)  # of this program alone: getrusage counts what forked it too
"""
    for n, (_, case) in enumerate(item for item in HOSTILE.items() if item[0][0] == kind):
        folder = tmp_path / f"{n:02d}"
        folder.mkdir()
        path, _ = case(folder)
        if path.name == "path":
            raise AssertionError("a case writes over the name of its path")
        (folder / "path").write_text(str(path))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert 10 < int(done.stdout) < MOST_MIB
