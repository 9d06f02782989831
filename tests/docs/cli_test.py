#!/usr/bin/env python3
"""docs/cli.md names every command and option of the program and no other: cli_test.py VITGEN PAGE."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

VITGEN, PAGE = sys.argv[1:3]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
GENERAL = {"--help", "--quiet", "--verbose", "--version"}


def help_of(*command):
    done = subprocess.run([VITGEN, *command, "--help"], text=True, capture_output=True, check=True)
    return done.stdout


def commands(*of):
    """The first words below the heading of the subcommands, if there are any."""
    below = re.split(r"(?im)^subcommands:\s*$", help_of(*of))[1:]
    return {word for part in below for word in re.findall(r"^ {2}([a-z][a-z-]*)\b", part, re.M)}


def options_of(command):
    """Its own and those of its actions."""
    texts = [help_of(command), *(help_of(command, action) for action in commands(command))]
    return set().union(*(defined_options(text) for text in texts)) - GENERAL


def sections():
    """The page's text below each `## command`."""
    parts = re.split(r"^## (.+)$", Path(PAGE).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def defined_options(text):
    """Options at the beginning of a line of --help; a description may name others."""
    lines = [line for line in text.splitlines() if re.match(r"\s+-", line)]
    return {o for line in lines for o in OPTION.findall(re.split(r"\s{2,}|\s[A-Z]", line.strip())[0])}


def documented_options(section):
    """Options in the first column of a table."""
    rows = re.findall(r"^\| (`.*?) \| ", section, re.MULTILINE)
    return {option for row in rows for option in OPTION.findall(row)}


class CommandLine(unittest.TestCase):
    def test_every_command_has_a_section_and_every_section_is_a_command(self):
        self.assertEqual(commands(), set(sections()) - {"Exit codes"})

    def test_the_options_of_every_command_are_those_of_its_section(self):
        for command in sorted(commands()):
            with self.subTest(command):
                self.assertEqual(options_of(command),
                                 documented_options(sections()[command]))

    def test_an_unknown_option_would_be_seen(self):
        self.assertEqual({"--out"}, defined_options("  -o,--out TEXT  Like --in\n"))
        self.assertEqual({"--out"}, documented_options("\n| `-o`, `--out X` | like `--in` |\n"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
