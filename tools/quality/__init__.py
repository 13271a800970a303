"""The tables of docs/quality.md: each month of 2013 by its labels, held against what was fixed before it (docs/quality.md)."""
