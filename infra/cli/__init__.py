"""The `stem` command: a file here is a command of the same name.

A command file defines a function of its own name (`demo.py`: `def demo(...)`), or `app`, a typer application with
commands of its own (`keys.py`: `stem keys generate`). Nothing is registered anywhere.
"""
