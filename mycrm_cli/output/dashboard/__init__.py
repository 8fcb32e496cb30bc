"""The dashboard: a page of its own, with pictures as SVG and every number in a table."""
