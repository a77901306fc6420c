# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# What docs/site/build adds to the conf.py of antsibull-docs sphinx-init.
import pathlib
import zlib

# Pages of the repository link to headings of others by the anchors that GitHub makes of them.
myst_heading_anchors = 4
# What has no language is the output of a command, a keepalived.conf, or lines of a log.
highlight_language = "text"
# "--" in a text is an option of a command.
smartquotes = False

# Building needs no network: the few places in Ansible's own documentation that pages refer to are listed here, by
# their labels, in the format of Sphinx' inventories.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest/"
LABELS = {
    "action_plugins": ("plugins/action.html#action-plugins", "Action plugins"),
    "ansible_collections.ansible.builtin.slurp_module": (
        "collections/ansible/builtin/slurp_module.html", "ansible.builtin.slurp"),
    "ansible_configuration_settings": (
        "reference_appendices/config.html#ansible-configuration-settings", "Ansible Configuration Settings"),
    "common_return_values": ("reference_appendices/common_return_values.html#common-return-values", "Return Values"),
    "list_of_collections": ("collections/index.html#list-of-collections", "Collection Index"),
}
_head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: \n"
_head += "# The remainder of this file is compressed using zlib.\n"
_rows = "".join(f"{label} std:label -1 {place} {title}\n" for label, (place, title) in LABELS.items())
_inventory = pathlib.Path(__file__).parent / "ansible.inv"
_inventory.write_bytes(_head.encode() + zlib.compress(_rows.encode()))
intersphinx_mapping = {"ansible": (ANSIBLE, str(_inventory))}


def setup(app):
    """Let Sphinx read the pages that are Markdown."""
    app.setup_extension("myst_parser")
