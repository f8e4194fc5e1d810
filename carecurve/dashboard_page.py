"""What Streamlit runs, anew at every change on the page; its argument, if any, is a results folder to open at first."""

import sys

from carecurve.dashboard import services
from outputs.dashboard.app import page

if __name__ == "__main__":
    page(services(sys.argv[1] if len(sys.argv) > 1 else ""))
