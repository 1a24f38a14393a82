"""What travels in the autograder's zip: an Otter plugin, and what it needs to run a student's answers."""
