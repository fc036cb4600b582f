"""Run commands of the real `servicex` in the current directory, in one process.

Run: python servicex_commands.py < [["transforms", "list"], …]

It prints a JSON list: for each command its exit code and all it printed, an exception that escaped it included.
"""

import json
import sys

from servicex.app.main import app
from typer.testing import CliRunner

answers = []
for command in json.load(sys.stdin):
    result = CliRunner().invoke(app, command, input="downloads\n")
    escaped = isinstance(result.exception, Exception)
    error = f"{type(result.exception).__name__}: {result.exception}\n" if escaped else ""
    answers.append([result.exit_code, result.output + error])
print(json.dumps(answers))
