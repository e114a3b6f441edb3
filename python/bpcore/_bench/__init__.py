"""The standing benchmark: workloads, the libraries compared, and how they are timed."""
