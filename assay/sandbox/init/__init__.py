"""Process 1 of a sandbox (init), and the protocol that the host speaks with it.

``init.py`` and ``container_init.py`` are copied into sandboxes and run there by a bare interpreter. They import nothing
of Assay, and the host never imports them.
"""
