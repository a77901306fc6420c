# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The columns of the table of nginx's directives.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple

# What a key is in the data, and what it becomes in the file. WORDS are written as they are, in nginx's own syntax,
# after they were checked to be one directive.
FLAG = "flag"  # a boolean: "on" or "off"
BARE = "bare"  # a boolean: the keyword alone, or nothing
INTEGER = "integer"
WORDS = "words"  # text: the parameters of one directive
DIRECTIVE = "directive"  # text: a whole directive
TIME = "time"  # text: a time such as 10s (ngx_parse_time)
SIZE = "size"  # text: a size such as 64k (ngx_parse_size)
PATH = "path"  # text: one file name
LINES = "lines"  # a list: one directive for each entry
LOGS = "logs"  # a list: the same, each beginning with a file name
NAMES = "names"  # a list: the parameters of one directive
ALLOWED = "allowed"  # a list: one directive for each entry, and nothing else is allowed
HEADERS = "headers"  # a dictionary: one directive for each name and value
BLOCK = "block"  # a dictionary
BLOCKS = "blocks"  # a list of dictionaries
HEAD = "head"  # text: what stands before the brace of its block
LABEL = "label"  # text: what the block is called, in messages and in the name of its file
CONTENT = "content"  # text: the content of a file of its own
GROUPS = "groups"  # a list: inventory groups, resolved on the controller

# The key of lines in nginx's own words, at every level.
RAW = "raw"


class Row(NamedTuple):
    """One directive of nginx, or one key that becomes directives.

    ``minimum`` and ``maximum`` belong to the range. ``secret`` values are never shown. ``suffix`` ends every directive.
    """

    key: str
    kind: str
    description: str
    minimum: Optional[int] = None
    maximum: Optional[int] = None
    choices: Tuple[str, ...] = ()
    required: bool = False
    secret: bool = False
    suffix: str = ""


# A section of the table by its path: the keys of the blocks joined by "/", "" is the whole file.
Table = Dict[str, Tuple[Row, ...]]
