"""The rooms of Leeway and what they stand on. Rooms talk only through topics; each owns its tables."""
