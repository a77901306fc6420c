# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The blocks of the pages, and what the collection has by the names that pages use."""

from __future__ import annotations

import pathlib
import re
import shlex
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# The owner and the name on GitHub; galaxy.yml is not in the archive, and so not where the collection is installed.
REMOTE = yaml.safe_load((REPOSITORY / "docs" / "docsite" / "links.yml").read_text())["edit_on_github"]["repository"]
GUIDES = sorted((REPOSITORY / "docs" / "docsite" / "rst").glob("*.rst"))
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *GUIDES,
         *sorted((REPOSITORY / "roles").glob("*/README.md")), *sorted((REPOSITORY / "inventory").glob("*/README.md"))]
# Where a block begins, and its language: a fence of Markdown, a directive of reStructuredText.
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
DIRECTIVE = re.compile(r"^( *)\.\. code-block:: (\w+)\n\n((?:\1   .*\n|\n)+)", re.MULTILINE)
# Where a command stands: behind a prompt, or in a comment of a playbook. A backslash goes on in the next line.
PROMPT = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
COMMENT = re.compile(r"^#     ansible-playbook (?:.*\\\n)*.*$", re.MULTILINE)

SPECS = {path.parts[-3]: yaml.safe_load(path.read_text())["argument_specs"]
         for path in (REPOSITORY / "roles").glob("*/meta/argument_specs.yml")}
# Every variable of a role by its name, with its specification.
VARIABLES = {name: option for specs in SPECS.values() for entry in specs.values()
             for name, option in entry["options"].items()}
PLAYBOOKS = {path.stem: path for path in (REPOSITORY / "playbooks").glob("*.yml")}


class Block(NamedTuple):
    """A block of a page: where it is, what it is in, and its text without the indentation of the page."""

    page: pathlib.Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"


class Command(NamedTuple):
    """A command of a block, and its words."""

    block: Block
    words: list[str]

    def __str__(self) -> str:
        return f"{self.block} {' '.join(self.words[:3])}"


def blocks_of(page: pathlib.Path) -> Iterator[Block]:
    text = page.read_text()
    for found in (DIRECTIVE if page.suffix == ".rst" else FENCE).finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found[2] or "text", textwrap.dedent(found[3]).strip("\n") + "\n")


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def blocks(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def _comments() -> list[Block]:
    """Return the commands in the comments of the playbooks, with a prompt."""
    return [Block(path, path.read_text().count("\n", 0, found.start()) + 1, "console",
                  re.sub("^# +", "", found[0], flags=re.MULTILINE).replace("ansible-playbook", "$ ansible-playbook"))
            for path in PLAYBOOKS.values() for found in COMMENT.finditer(path.read_text())]


def commands() -> list[Command]:
    """Return the commands, which are the lines that begin with the prompt; the other lines are what they print."""
    return [Command(block, shlex.split(found[1].replace("\\\n", " ")))
            for block in [*blocks("console"), *_comments()] for found in PROMPT.finditer(block.text)]
