"""Reports: sums over the records of an organization, as they are or as they were."""
