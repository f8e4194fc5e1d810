"""The command line called in this process."""

from carecurve import cli


def call(capsys, *arguments):
    """Run the command line; return (exit status, standard output, standard error)."""
    try:
        cli.main([str(argument) for argument in arguments])
        status = 0
    except SystemExit as stop:
        status = stop.code or 0
    out, err = capsys.readouterr()
    return status, out, err
