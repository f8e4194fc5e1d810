"""What people look at: tables, plots, appraisal and the files of a finished run.

Everything here takes finished results and returns tables or figures, or writes a folder that the user named. Nothing
here runs a simulation.
"""
