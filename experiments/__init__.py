"""The long studies: one file a study, one command, one recorded JSON each (see `python -m experiments --help`)."""
