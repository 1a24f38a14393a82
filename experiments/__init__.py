"""The long studies: one file, one command, one recorded JSON each (see `python -m experiments --help`)."""
