"""Scripts parse, say what runs them, and can be run."""

import os
import subprocess

from source_tree import Violation


def check(tree):
    for path in tree.paths:
        text = tree.text(path)
        if text is None:
            continue
        if text.startswith("#!") and not os.access(tree.root / path, os.X_OK):
            yield Violation(path, 1, "starts with #! but is not executable")
        if path.endswith(".sh") or text.startswith("#!/usr/bin/env bash"):
            done = subprocess.run(["bash", "-n", tree.root / path], stderr=subprocess.PIPE,
                                  text=True, check=False)
            if done.returncode != 0:
                yield Violation(path, 1, done.stderr.strip())
        if path.endswith(".py"):
            try:
                compile(text, path, "exec")
            except SyntaxError as error:
                yield Violation(path, error.lineno or 1, str(error))
