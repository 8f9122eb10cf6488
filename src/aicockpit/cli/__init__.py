"""The `aicockpit` command: parse, call one function, print.

Each module holds one noun's commands; `main` composes them. This is the one place where the
packages are put together. Results go to stdout, talk and errors to stderr, and every command
that reports takes `--json`. Exit statuses are in `output`.
"""
