"""The keys of providers: where they come from, how long they are kept, and how they are kept out of messages."""
