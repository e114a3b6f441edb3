"""The sub-commands of ``python -m bpcore``; `bpcore.__main__` imports the one that is asked for."""
