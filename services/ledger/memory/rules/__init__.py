"""What the ledger decides and tells, whatever store keeps it: pure, so that every store does alike. A store asks these
rules, and keeps no rule of its own that another store must have, too."""
