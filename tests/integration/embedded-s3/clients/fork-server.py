"""Runs a Python program without loading its modules for each call, which takes most of the time of a short one.

Usage: fork-server.py PROGRAM MODULE... Reads the arguments of one call as a line of JSON, runs PROGRAM in a forked
process, and writes a line of JSON with its exit status and what it printed. As when started from a shell, each call has
a process of its own.
"""
import importlib
import json
import os
import runpy
import sys
import tempfile

program, *modules = sys.argv[1:]
for module in modules:
    importlib.import_module(module)


def run(arguments):
    """Runs the program in this process and ends it: at once, as taking Python down would take longer than the call."""
    sys.argv = [program, *arguments]
    status = 0
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        status = end.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


for line in sys.stdin:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        printed = []
        for file in (out, errors):
            file.seek(0)
            printed.append(file.read().decode())
        print(json.dumps([os.waitstatus_to_exitcode(status), *printed]), flush=True)
