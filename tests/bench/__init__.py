"""Benchmarks: `make bench`. Figures, not tests: nothing here fails a build, machines are too different for that."""
