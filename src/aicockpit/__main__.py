"""Makes `python -m aicockpit` the command."""

from aicockpit.cli.main import run

if __name__ == "__main__":
    run()
