"""The past gone through day by day with the detector's own rules, in memory: no broker, no database, no clock."""
