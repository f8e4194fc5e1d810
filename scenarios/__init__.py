"""What is simulated: the pathway, the baseline, reforms, and the profiles of real authorities, all as data.

This package reads and checks YAML and CSV files and returns frozen objects. It imports nothing else of the project.
"""
