"""Feeds turn facts into frames for the topics they serve.

``router`` picks the feed; ``run`` serves one run and its attempts, ``run_list`` the newest runs, ``leaderboards`` and
``tails`` what their names say. ``sequencer`` and ``snapshots`` keep facts and snapshots consistent.
"""
