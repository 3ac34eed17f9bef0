"""Runs the shell steps of a composite GitHub action, as a runner would.

usage: run_action.py ACTION_FOLDER RUNNER_FOLDER [INPUT=VALUE...]

The steps are those of ACTION_FOLDER/action.yml, in their order, in the current
folder. `uses:` steps are named and left out. The files that a runner gives to
steps ($GITHUB_PATH, $GITHUB_STEP_SUMMARY) are made in RUNNER_FOLDER, and the PATH
grows by what steps write there. A step whose `if` is not `always()` is left out
after one has failed. Ends with the status of the first step that failed.
"""

import os
import pathlib
import re
import subprocess
import sys

import yaml


def expanded(text, values):
    """Replaces each ${{ inputs.NAME }}; any other expression is an error."""
    return re.sub(
        r"\$\{\{\s*(.*?)\s*\}\}",
        lambda match: values[match[1].removeprefix("inputs.")],
        str(text),
    )


def wanted(condition, values, failed):
    """Whether a step runs. Knows the conditions that the action uses."""
    if condition == "always()":
        return True
    if failed:
        return False
    if condition is None:
        return True
    name, other = re.fullmatch(r"inputs\.(\w+) != '(.*)'", condition).groups()
    return values[name] != other


def main(folder, runner, arguments):
    action = yaml.safe_load((folder / "action.yml").read_text())
    values = {name: about["default"] for name, about in action["inputs"].items()}
    for argument in arguments:
        name, value = argument.split("=", 1)
        if name not in values:
            sys.exit(f"the action has no input {name}")
        values[name] = value
    path_file = runner / "path"
    path_file.touch()
    environment = dict(
        os.environ,
        GITHUB_ACTION_PATH=str(folder),
        GITHUB_PATH=str(path_file),
        GITHUB_STEP_SUMMARY=str(runner / "summary.md"),
    )
    status = 0
    for step in action["runs"]["steps"]:
        if not wanted(step.get("if"), values, status != 0):
            print(f"-- left out: {step['name']}", flush=True)
            continue
        if "uses" in step:
            print(f"-- uses: {expanded(step['uses'], values)}", flush=True)
            continue
        print(f"-- {step['name']}", flush=True)
        (runner / "step").write_text(expanded(step["run"], values))
        added = ":".join(reversed(path_file.read_text().split()))
        ended = subprocess.run(
            [word.format(runner / "step") for word in step["shell"].split()],
            env=environment
            | {name: expanded(text, values)
               for name, text in step.get("env", {}).items()}
            | {"PATH": f"{added}:{os.environ['PATH']}"},
            check=False,
        )
        status = status or ended.returncode
    return status


sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]))
