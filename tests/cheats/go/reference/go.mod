module lru
