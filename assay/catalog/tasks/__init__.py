"""One task: its folder read, validated, pinned by digest and packed into bundles."""
