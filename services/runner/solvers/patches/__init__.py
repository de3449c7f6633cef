"""Patches written by models: one module for each format, one search for the place of a hunk, one way to apply them.

unified.py, begin_patch.py and search_replace.py read text into the file changes of changes.py; apply.py applies these
to files. A patch is applied completely or refused with a reason.
"""
