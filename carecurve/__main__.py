"""`python -m carecurve` is the command `carecurve`."""

from carecurve.cli import main

main()
