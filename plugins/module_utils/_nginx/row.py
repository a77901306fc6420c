# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The columns of the table of nginx's directives.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

# What a key is in the data, and what it becomes in the file. values.py has for each kind what is accepted and what is
# written.
FLAG = "flag"  # a boolean: "on" or "off"
BARE = "bare"  # a boolean: the keyword alone, or nothing
INTEGER = "integer"
WORDS = "words"  # text: the parameters of one directive, in nginx's own notation
TEXT = "text"  # text: one word, which may have blanks
DIRECTIVE = "directive"  # text: a whole directive
TIME = "time"  # text: a time such as 10s or 500ms (ngx_parse_time)
SECONDS = "seconds"  # text: a time without milliseconds, which may have months and years
SIZE = "size"  # text: a size such as 64k (ngx_parse_offset)
PATH = "path"  # text: one file name
LINES = "lines"  # a list: one directive for each entry
LOGS = "logs"  # a list: the same, each beginning with a file name
NAMES = "names"  # a list: the parameters of one directive, one word each
ALLOWED = "allowed"  # a list: one directive for each entry, and nothing else is allowed
HEADERS = "headers"  # a dictionary: one directive for each name and value
BLOCK = "block"  # a dictionary
BLOCKS = "blocks"  # a list of dictionaries
HEAD = "head"  # text: what stands before the brace of its block
LABEL = "label"  # text: what the block is called, in messages and in the name of its file
CONTENT = "content"  # text: the content of a file of its own
FORMAT = "format"  # text: the format of log lines
GROUPS = "groups"  # a list: inventory groups, resolved on the controller
LITERAL = "raw"  # a list: whole lines in nginx's own notation

# The key of lines in nginx's own words.
RAW = "raw"


class Row(NamedTuple):
    """One directive of nginx, or one key that becomes directives.

    ``minimum`` and ``maximum`` belong to the range of a number. ``choices`` are all words that it takes. ``secret``
    values are never shown. ``suffix`` ends every directive. ``most`` is the number of words that one directive takes,
    and of names that of one entry of a list, 0 for any number. ``least`` is how many it needs, 0 where a word may be
    empty. ``switch`` are the words among others that YAML reads as booleans and nginx takes here. What ``closes``
    something must not be null or empty. ``form`` takes the words of one directive as nginx reads them and raises
    BadValueError for wrong ones.
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
    most: int = 0
    least: int = 1
    switch: Tuple[str, ...] = ()
    closes: bool = False
    form: Optional[Callable[[List[str]], None]] = None


# A section of the table by its path: the keys of the blocks joined by "/", "" is the whole file.
Table = Dict[str, Tuple[Row, ...]]
