"""Write the pages of the guide that are made from the code: `python -m carecurve.reference [docs]`."""

import sys
from pathlib import Path

from carecurve.reference.pages import pages

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
for name, text in pages().items():
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(path)
